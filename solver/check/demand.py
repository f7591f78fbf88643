"""Demand of a service by metro, and how much of it is open when."""

from __future__ import annotations

from models.workloads import Inference
from solver.price.given import Given

Row = list[float]


def rolled_out(service: Inference, days: int) -> float:
    """ρ_i: share of the demand that is open so many days after the launch; 0 before."""
    if days < 0:
        return 0.0
    if not service.rollout:
        return 1.0
    reached = [step for step in service.rollout if step.days <= days]
    return max(reached, key=lambda step: step.days).share if reached else 0.0


def open_since(given: Given, service: Inference, launched: int) -> Row:
    """ρ_i by piece of a service that is launched in a piece; both dates are first days of periods."""
    if launched >= given.size:
        return [0.0] * given.size
    first = given.pieces[launched].first_day
    shares = {piece.first_day: rolled_out(service, (piece.first_day - first).days) for piece in given.pieces}
    return [shares[p.first_day] if n >= launched else 0.0 for n, p in enumerate(given.pieces)]


def demand_of(given: Given, service: Inference) -> dict[str, Row]:
    """D_imt by metro."""
    return {line.metro: given.calendar.read(line.demand, "largest") for line in service.demand}
