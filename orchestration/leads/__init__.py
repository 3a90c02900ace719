"""The funnel of any table of stages, by the macros that the warehouse's models render.

`lead_funnel` takes events (which lead, which stage, when) or a table with one row per lead and a
column per stage date, and gives entries into stages, cohorts, periods, velocity, ageing, odds and
a forecast.
"""

from orchestration.leads.funnel import LeadFunnel, lead_funnel
from orchestration.leads.rules import FunnelError, FunnelRules

__all__ = ["FunnelError", "FunnelRules", "LeadFunnel", "lead_funnel"]
