"""Every kind of scorecard that there is."""

from scoring.scorecards.opinions import SatisfactionCard
from scoring.scorecards.referring import InfluenceCard
from scoring.scorecards.rules import TrustCard, ValueCard

Scorecard = ValueCard | TrustCard | SatisfactionCard | InfluenceCard
