"""The ledger over HTTP: accounts and homes, activities, statements, and the public policies."""

from fastapi import APIRouter, Depends

from backend.ledger import (
    account_routes,
    activity_routes,
    air_routes,
    intake_routes,
    life_routes,
    line_routes,
    meter_routes,
    policy_routes,
    privacy_routes,
    report_routes,
    sharer_routes,
    sharing_routes,
    statement_routes,
)
from backend.ledger.caller import note_guardian

router = APIRouter(dependencies=[Depends(note_guardian)])
router.include_router(account_routes.router)
router.include_router(life_routes.router)
router.include_router(privacy_routes.router)
router.include_router(intake_routes.router)
router.include_router(meter_routes.router)
router.include_router(activity_routes.router)
router.include_router(report_routes.router)
router.include_router(line_routes.router)
router.include_router(sharing_routes.router)
router.include_router(sharer_routes.router)
router.include_router(statement_routes.router)
router.include_router(air_routes.router)
router.include_router(policy_routes.router)
