"""Demand of a service by metro, and the share of it that is open over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.workloads import Inference
    from solver.price.given import Given

Row = list[float]


def rolled_out(service: Inference, days: int) -> float:
    """ρ_i: the share of the demand that is open a number of days after the launch; 0 before the launch."""
    if days < 0:
        return 0.0
    if not service.rollout:
        return 1.0
    reached = [step for step in service.rollout if step.days <= days]
    return max(reached, key=lambda step: step.days).share if reached else 0.0


def asked_share(given: Given, service: Inference) -> Row:
    """ρ_i(max(0, D_t − asked launch)) by piece, from the period that holds the asked launch; 0 before."""
    first = given.first_touched(service.launch)
    return [
        rolled_out(service, max(0, (piece.first_day - service.launch).days)) if number >= first else 0.0
        for number, piece in enumerate(given.pieces)
    ]


def open_since(given: Given, service: Inference, launched: int) -> Row:
    """ρ_i(max(0, D_t − first day of τ)) by piece, of a service that is launched in piece τ; 0 before.

    Parameters:
        launched: the number τ of the piece; if it lies after the horizon, the result is 0 throughout.
    """
    if launched >= given.size:
        return [0.0] * given.size
    first = given.pieces[launched].opens_on
    return [
        rolled_out(service, max(0, (piece.first_day - first).days)) if number >= launched else 0.0
        for number, piece in enumerate(given.pieces)
    ]


def demand_of(given: Given, service: Inference) -> dict[str, Row]:
    """D_imt: by metro, the demand in each piece, in demand units."""
    return {line.metro: given.calendar.read(line.demand, "largest") for line in service.demand}
