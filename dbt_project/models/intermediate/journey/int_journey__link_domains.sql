{#
    Grain: domain that people leave the own site for. A domain belongs to the distributor whose code
    or name is one of its parts, as zonaplus in www.zonaplus.es; others belong to none.
#}
with domains as (
    select distinct link_domain
    from {{ ref('int_journey__outbound_clicks') }}
    where link_domain is not null
),

distributors as (
    select distinct
        distributor_code,
        lower(replace(replace(distributor_code, '_', ''), '-', '')) as short_code,
        lower(replace(replace(replace(distributor_name, ' ', ''), '-', ''), '.', '')) as short_name
    from {{ source('company', 'distributor') }}
),

matched as (
    select
        domains.link_domain,
        distributors.distributor_code,
        row_number() over (
            partition by domains.link_domain order by distributors.distributor_code
        ) as match_number
    from domains
    inner join distributors
        on '.' || replace(domains.link_domain, '-', '') || '.'
            like '%.' || distributors.short_code || '.%'
        or '.' || replace(domains.link_domain, '-', '') || '.'
            like '%.' || distributors.short_name || '.%'
),

int_journey__link_domains as (
    select
        domains.link_domain,
        matched.distributor_code
    from domains
    left join matched
        on domains.link_domain = matched.link_domain
        and matched.match_number = 1
)

select * from int_journey__link_domains
