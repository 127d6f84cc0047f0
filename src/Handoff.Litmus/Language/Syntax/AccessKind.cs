namespace Handoff.Litmus.Language;

/// <summary>Reads or writes.</summary>
public enum AccessKind
{
    /// <summary>Reads every byte.</summary>
    Read,

    /// <summary>Writes every byte.</summary>
    Write,
}
