namespace Handoff.Coherent;

/// <summary>Where allocated memory came from, and where it goes back to.</summary>
public enum MemorySource
{
    /// <summary>The page allocator.</summary>
    Pages,

    /// <summary>The default contiguous memory area (CMA).</summary>
    Contiguous,

    /// <summary>One of the atomic pools.</summary>
    AtomicPool,

    /// <summary>The device's own coherent pool.</summary>
    DevicePool,

    /// <summary>The device's restricted bounce pool.</summary>
    RestrictedPool,
}
