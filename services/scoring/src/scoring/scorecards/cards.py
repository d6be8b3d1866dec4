"""Every kind of scorecard that there is."""

from scoring.scorecards.opinions import SatisfactionCard
from scoring.scorecards.prospects import LearningCard, PotentialCard
from scoring.scorecards.referring import InfluenceCard
from scoring.scorecards.rules import TrustCard, ValueCard

Occasional = SatisfactionCard | InfluenceCard | PotentialCard | LearningCard
"""Those that say nothing of most customers: where there is nothing to go by, there is no score."""
Scorecard = ValueCard | TrustCard | Occasional
