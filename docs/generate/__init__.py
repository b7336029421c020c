"""The references in ``docs/`` that are made from their sources: ``make docs`` writes them."""
