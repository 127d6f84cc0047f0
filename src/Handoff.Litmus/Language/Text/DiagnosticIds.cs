namespace Handoff.Litmus.Language;

/// <summary>Identifiers of diagnostics. They never change their meaning.</summary>
public static class DiagnosticIds
{
    /// <summary>Something else stands where a certain word or sign is needed.</summary>
    public const string Unexpected = "HL0001";
}
