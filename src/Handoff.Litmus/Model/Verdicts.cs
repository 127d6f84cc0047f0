namespace Handoff.Litmus.Model;

/// <summary>What can go wrong with a shared buffer; a set of flags. Exact meanings: <c>docs/memory-model.md</c>.</summary>
[Flags]
public enum Verdicts
{
    /// <summary>Nothing went wrong (<c>ok</c>).</summary>
    None = 0,

    /// <summary>A read returned an older version than the newest write ordered before it.</summary>
    Stale = 1,

    /// <summary>A newer version was replaced by an older one and its place holds it no more.</summary>
    Lost = 2,

    /// <summary>Bytes that belong to nobody who shared them reached a reader or a buffer.</summary>
    Leak = 4,

    /// <summary>An access outside any live mapping, after its release, or against its direction.</summary>
    Wild = 8,

    /// <summary>A rule of the DMA API is broken, whether or not this machine shows harm.</summary>
    Contract = 16,

    /// <summary>A map returned an error.</summary>
    Fails = 32,
}
