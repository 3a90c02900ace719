"""Attribution: which channels conversions are owed to, for any table of aggregated paths."""

from orchestration.attribution.credit import MODELS, Attribution, attribute
from orchestration.attribution.errors import AttributionError
from orchestration.attribution.shapley import shapley_values

__all__ = ["MODELS", "Attribution", "AttributionError", "attribute", "shapley_values"]
