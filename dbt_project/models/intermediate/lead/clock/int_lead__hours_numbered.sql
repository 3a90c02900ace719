-- Grain: one row per calendar, stretch of four open hours and open interval in it: the way from an
-- amount of open time to the instant at which so much has passed.
{{ hours_by_number(ref('int_lead__hours_opened')) }}
