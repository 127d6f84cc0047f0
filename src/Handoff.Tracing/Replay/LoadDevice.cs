using System.Collections.Immutable;
using Handoff.Tracing.Bundles;

namespace Handoff.Tracing.Replay;

/// <summary>A device of a load: what is known about it before its first operation.</summary>
public sealed class LoadDevice
{
    internal LoadDevice(string name) => Name = name;

    /// <summary>Name as in the recording.</summary>
    public string Name { get; }

    /// <summary>Streaming mask at the beginning.</summary>
    public ulong Mask { get; internal init; }

    /// <summary>Highest address the bus carries; 0 for no limit.</summary>
    public ulong BusLimit { get; internal init; }

    /// <summary>Low address bits that slots repeat, at the beginning.</summary>
    public uint MinAlignMask { get; internal init; }

    /// <summary>Whether it snoops the caches, at the beginning.</summary>
    public bool Coherent { get; internal init; }

    /// <summary>Windows to memory; empty for the identity.</summary>
    public ImmutableArray<DmaRange> Ranges { get; internal init; } = [];

    /// <summary>Its restricted pool; <see langword="null"/> for the default pool.</summary>
    public RestrictedPoolFacts? RestrictedPool { get; internal init; }

    /// <summary>Name for messages.</summary>
    public override string ToString() => Name;
}
