{{ config(materialized='view') }}
{# Grain: channel, with a small number for it in order of its code, as packed steps hold it. #}
with channels as (
    select * from {{ ref('dim_channel') }}
),

int_journey__channel_numbers as (
    select
        channel_key,
        channel_code,
        row_number() over (order by channel_code) as channel_number
    from channels
)

select * from int_journey__channel_numbers
