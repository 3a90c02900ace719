{# The newest version of each row: by the version columns, then by order of arrival. #}
{% macro latest_version(relation, key_columns, version_columns=[]) -%}
    select *
    from {{ relation }}
    qualify
        row_number() over (
            partition by {{ key_columns | join(', ') }}
            order by
                {%- for column in version_columns %} {{ column }} desc,{% endfor %}
                _load_id desc, _row desc
        ) = 1
{%- endmacro %}
