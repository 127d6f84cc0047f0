namespace Handoff.Coherent;

/// <summary>How the CPU sees allocated memory.</summary>
public enum CpuView
{
    /// <summary>Ordinary cacheable memory at its linear address.</summary>
    Cached,

    /// <summary>Mapped a second time, not cacheable; the cacheable linear alias remains.</summary>
    NonCacheable,

    /// <summary>Not mapped for the kernel at all: the result is a cookie.</summary>
    None,
}
