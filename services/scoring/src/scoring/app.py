"""The one place where the parts of this service are put together."""

from pathlib import Path

import scoring.scorecards.tables
import scoring.scores.tables  # noqa: F401 - declares its tables
from guanxi.db import declared_tables
from guanxi.service import Service
from scoring.designations import api as designations_api
from scoring.designations import usecases as designations
from scoring.facts import api as facts_api
from scoring.facts import usecases as facts
from scoring.goodwill import api as goodwill_api
from scoring.indicators import api as indicators_api
from scoring.opinions import api as opinions_api
from scoring.radar import api as radar_api
from scoring.radar import usecases as radar
from scoring.rehearsals import api as rehearsals_api
from scoring.rehearsals import rehearser
from scoring.rehearsals import usecases as rehearsals
from scoring.reviews import api as reviews_api
from scoring.reviews import usecases as reviews
from scoring.scorecards import api as scorecards_api
from scoring.scores import api as scores_api
from scoring.scores import usecases as scores
from scoring.scores.scorer import JOBS, LOOPS
from scoring.segments import api as segments_api
from scoring.segments import usecases as segments
from scoring.settings import Settings
from scoring.topology import TOPOLOGY
from scoring.wallet import api as wallet_api
from scoring.wallet import usecases as wallet

SERVICE = Service(
    name="scoring",
    title="Scoring",
    description="What it means: value, trust, tiers, segments.",
    settings=Settings,
    metadata=declared_tables("scoring"),
    migrations=Path(__file__).parents[2] / "migrations",
    topology=TOPOLOGY,
    routers=(
        facts_api.router,
        scorecards_api.router,
        scores_api.router,
        segments_api.router,
        designations_api.router,
        radar_api.router,
        opinions_api.router,
        indicators_api.router,
        reviews_api.router,
        goodwill_api.router,
        rehearsals_api.router,
        wallet_api.router,
    ),
    due={
        reviews.STEP_DUE: reviews.on_step_due,
        reviews.CYCLE_DUE: reviews.on_cycle_due,
        rehearsals.REHEARSE_DUE: rehearsals.on_rehearsal_due,
        rehearsals.PUBLISH_DUE: rehearsals.on_publication_due,
        rehearsals.STRAGGLERS_DUE: rehearsals.on_stragglers_due,
    },
    jobs=(*JOBS, *rehearser.JOBS),
    loops=LOOPS,
    tally=facts.tally,
    erasers=(
        facts.erase,
        scores.erase,
        segments.erase,
        designations.erase,
        radar.erase,
        rehearsals.erase,
        wallet.erase,
    ),
)
