{# One row for each value of the columns, and none of them null. #}
{% test unique_key(model, columns) %}
select {{ columns | join(', ') }}, count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 {% for column in columns %} or {{ column }} is null {% endfor %}
{% endtest %}

{# Every foreign key finds its member. `keys` maps a column to the name of the dimension; the
   key has the same name there, or is given as `dimension.column`. #}
{% test foreign_keys(model, keys) %}
{% for column, target in keys.items() %}
{%- set parts = target.split('.') -%}
select '{{ column }}' as key_column, {{ column }} as key_value, count(*) as row_count
from {{ model }}
where {{ column }} is null
    or {{ column }} not in (
        select target.{{ parts[1] if parts | length > 1 else column }} from {{ ref(parts[0]) }} as target
    )
group by {{ column }}
{%- if not loop.last %}
union all
{% endif -%}
{% endfor %}
{% endtest %}
