namespace Handoff.Reports.Sarif;

/// <summary>How serious a result is, in SARIF's words.</summary>
internal enum SarifLevel
{
    None,
    Note,
    Warning,
    Error,
}
