{# What a ticket's status means by its words, for systems whose statuses the company does not map:
   only that the ticket is closed can be told from any of them. #}
{% macro ticket_state_by_words(status) -%}
    case
        when lower({{ status }}) like '%closed%' then 'closed'
        when lower({{ status }}) like '%unsolved%' or lower({{ status }}) like '%unresolved%'
            then 'open'
        when lower({{ status }}) like '%solved%' then 'solved'
        when lower(trim({{ status }})) = 'new' then 'new'
        else 'open'
    end
{%- endmacro %}

{# Nothing more is owed, until the ticket is opened again. #}
{% macro is_ticket_done(state) -%}
    {{ state }} in ('solved', 'closed')
{%- endmacro %}
