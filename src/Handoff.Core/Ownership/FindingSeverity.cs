namespace Handoff.Ownership;

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>Worth knowing; right on some machines by agreement.</summary>
    Note,

    /// <summary>Breaks a rule of the API; harm depends on the machine.</summary>
    Warning,

    /// <summary>Wrong on every machine, or loses data on this one.</summary>
    Error,
}
