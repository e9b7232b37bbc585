"""From the asset of a card to the path of verified bytes."""
