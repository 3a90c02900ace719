"""Journeys of any table of touches, by the rules that the warehouse's models follow."""
