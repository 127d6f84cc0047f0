using System.Collections.Immutable;
using Handoff.Kernels;

namespace Handoff.Tracing.Replay;

/// <summary>What a load did on one configuration.</summary>
public sealed class ReplayOutcome
{
    /// <summary>What was asked for.</summary>
    public required ReplayConfiguration Configuration { get; init; }

    /// <summary>The kernel.</summary>
    public required KernelProfile Kernel { get; init; }

    /// <summary>The text after <c>swiotlb=</c> that makes this machine.</summary>
    public required string Parameter { get; init; }

    /// <summary>The default pool that the kernel made; <see langword="null"/> for none.</summary>
    public MemoryRange? Pool { get; init; }

    /// <summary>Its slots.</summary>
    public int PoolSlots { get; init; }

    /// <summary>Its areas.</summary>
    public int Areas { get; init; }

    /// <summary>Whether all mappings were forced to bounce.</summary>
    public bool Forced { get; init; }

    /// <summary>Maps tried, each entry of a list counted, without those that were retries.</summary>
    public long Maps { get; init; }

    /// <summary>Maps that took slots.</summary>
    public long Bounced { get; init; }

    /// <summary>Requests that failed, a list counted once, however often it was tried.</summary>
    public long Failures { get; init; }

    /// <summary>Further attempts of failed requests that failed too.</summary>
    public long Retries { get; init; }

    /// <summary>Requests that failed in the recording and went through here.</summary>
    public long Recovered { get; init; }

    /// <summary>The failures by device and cause, most first.</summary>
    public ImmutableArray<ReplayFailure> FailuresByCause { get; init; } = [];

    /// <summary>Time of the first failure, in nanoseconds of the recording's clock; <see langword="null"/> if there was none.</summary>
    public ulong? FirstFailure { get; init; }

    /// <summary>Most slots of the default pool (and pools it grew by) in use at once.</summary>
    public long HighWaterSlots { get; init; }

    /// <summary>High-water marks of restricted pools, in slots, by name.</summary>
    public ImmutableSortedDictionary<string, long> RestrictedHighWater { get; init; } = ImmutableSortedDictionary<string, long>.Empty;

    /// <summary>Bytes copied between buffers and slots.</summary>
    public ulong CopiedBytes { get; init; }

    /// <summary>Number of such copies.</summary>
    public ulong Copies { get; init; }

    /// <summary>Bytes of cache maintenance.</summary>
    public ulong MaintainedBytes { get; init; }

    /// <summary>Searches in each area of the default pool, unsuccessful ones too; empty where the pool grows.</summary>
    public ImmutableArray<long> SearchesByArea { get; init; } = [];

    /// <summary>Steps of all these searches.</summary>
    public long SearchSteps { get; init; }

    /// <summary>Most steps of one map, over all areas it searched.</summary>
    public long MostSteps { get; init; }

    /// <summary>Maps that had to look beyond the area of their own CPU.</summary>
    public long Spilled { get; init; }

    /// <summary>Pools made while the load ran (dynamic pools).</summary>
    public int PoolsMade { get; init; }

    /// <summary>Attempts whose outcome the recording tells: direct, bounced or failed.</summary>
    public long Compared { get; init; }

    /// <summary>Those of them that came out the same.</summary>
    public long SameOutcome { get; init; }

    /// <summary>Successful maps of which the recording tells the address.</summary>
    public long ComparedAddresses { get; init; }

    /// <summary>Those of them that got the same address.</summary>
    public long SameAddress { get; init; }

    /// <summary>Time of the first attempt that came out differently, in nanoseconds; <see langword="null"/> if none did.</summary>
    public ulong? FirstDifference { get; init; }

    /// <summary>Operations replayed.</summary>
    public long Operations { get; init; }

    /// <summary>Searches over all areas.</summary>
    public long Searches => SearchesByArea.Sum();

    /// <summary>Failures that a larger default pool could avoid.</summary>
    public long FailuresBySize => FailuresByCause.Where(static f => f.DependsOnPoolSize).Sum(static f => f.Count);

    /// <summary>Most bytes of the default pool in use at once.</summary>
    public ulong HighWaterBytes => (ulong)HighWaterSlots << Swiotlb.SwiotlbConstants.SlotShift;

    /// <summary>Share of the searches that met in the area most searched, 0 to 1; 0 without searches.</summary>
    public double BusiestShare => Searches == 0 ? 0 : (double)SearchesByArea.Max() / Searches;

    /// <summary>Steps of one search on average; 0 without searches.</summary>
    public double StepsPerSearch => Searches == 0 ? 0 : (double)SearchSteps / Searches;
}
