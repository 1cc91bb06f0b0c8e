"""Settings, recipes, health and version."""

from fastapi import APIRouter

router = APIRouter()
