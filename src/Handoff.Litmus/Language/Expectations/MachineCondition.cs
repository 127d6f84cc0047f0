namespace Handoff.Litmus.Language;

/// <summary>One condition of <c>when</c>: about the machine variant.</summary>
public enum MachineCondition
{
    /// <summary>Devices snoop the caches.</summary>
    Coherent,

    /// <summary>Devices see memory only.</summary>
    NonCoherent,

    /// <summary>Mappings bounce: out of reach, or forced.</summary>
    Bounced,

    /// <summary>Neither out of reach nor forced.</summary>
    Direct,

    /// <summary>Forced to bounce.</summary>
    Forced,

    /// <summary>Cache lines of 64 bytes.</summary>
    Line64,

    /// <summary>Cache lines of 128 bytes.</summary>
    Line128,
}
