namespace Handoff.Litmus.Model;

/// <summary>What one operation of an atomic step does.</summary>
internal enum OperationKind : byte
{
    /// <summary>An agent reads one cell.</summary>
    Read,

    /// <summary>An agent writes one cell.</summary>
    Write,

    /// <summary>A CPU copies one cell to another through its cache (a bounce, either way).</summary>
    Copy,

    /// <summary>Writes one line back if it is dirty and keeps it.</summary>
    Clean,

    /// <summary>Drops one line without writing it back.</summary>
    Invalidate,

    /// <summary>Writes one line back if it is dirty, then drops it.</summary>
    CleanInvalidate,

    /// <summary>Gives a cell of a bounce slot back; what only the slot held is gone.</summary>
    Release,
}
