"""What a customer is worth: purchases and values to come, for any table of transactions."""

from orchestration.customer_value.bg_nbd import BgNbd, fit_bg_nbd
from orchestration.customer_value.errors import CustomerValueError
from orchestration.customer_value.evaluation import Evaluation, evaluate
from orchestration.customer_value.gamma_gamma import GammaGamma, fit_gamma_gamma
from orchestration.customer_value.lifetime import lifetime_value, per_month
from orchestration.customer_value.pareto_nbd import ParetoNbd, fit_pareto_nbd
from orchestration.customer_value.summary import Summary, summarize

__all__ = [
    "BgNbd",
    "CustomerValueError",
    "Evaluation",
    "GammaGamma",
    "ParetoNbd",
    "Summary",
    "evaluate",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "fit_pareto_nbd",
    "lifetime_value",
    "per_month",
    "summarize",
]
