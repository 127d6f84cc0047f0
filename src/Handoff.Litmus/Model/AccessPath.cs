namespace Handoff.Litmus.Model;

/// <summary>The way by which an agent reaches memory.</summary>
internal enum AccessPath : byte
{
    /// <summary>A CPU through the one coherent cache that all CPUs share.</summary>
    Cached,

    /// <summary>Straight to DRAM: a write-combine or uncached CPU view, or a device that does not snoop.</summary>
    Direct,

    /// <summary>A device that snoops the CPU cache.</summary>
    Snooped,
}
