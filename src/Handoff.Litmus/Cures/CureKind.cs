namespace Handoff.Litmus.Cures;

/// <summary>What a cure changes.</summary>
public enum CureKind
{
    /// <summary>The program: an attribute, a direction, a call more or less, another order.</summary>
    Program,

    /// <summary>The memory: another heap, place, size or alignment.</summary>
    Memory,

    /// <summary>The device: a wider mask, snooping, no forced bounce.</summary>
    Device,

    /// <summary>The machine: another bounce pool.</summary>
    Machine,
}
