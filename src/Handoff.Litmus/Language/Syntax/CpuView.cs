namespace Handoff.Litmus.Language;

/// <summary>How the CPU's page tables describe the memory it looks at.</summary>
public enum CpuView
{
    /// <summary>Through the cache.</summary>
    Cached,

    /// <summary>Write-combine: straight to memory, writes may gather.</summary>
    WriteCombine,

    /// <summary>Uncached: straight to memory.</summary>
    Uncached,
}
