"""Why a published figure was not met."""
