"""A connection or integration whose settings are broken: an asset that fails and says why."""

import dagster as dg


def broken_asset(name: str, reason: str) -> dg.AssetsDefinition:
    """`broken/<name>`: its check `settings` fails with the reason, and the others are left as they are."""
    key = dg.AssetKey(["broken", name])

    @dg.asset(
        key=key,
        group_name="broken",
        description=f"The settings of {name} cannot be used: {reason}",
        check_specs=[dg.AssetCheckSpec("settings", asset=key, blocking=True, description=reason)],
        output_required=False,
    )
    def broken(context: dg.AssetExecutionContext) -> dg.AssetCheckResult:
        return dg.AssetCheckResult(
            passed=False, check_name="settings", severity=dg.AssetCheckSeverity.ERROR, metadata={"reason": reason}
        )

    return broken
