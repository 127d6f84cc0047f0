using System.Collections.Immutable;
using Handoff.Swiotlb;
using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Sizing;

/// <summary>Finds the smallest pool for a load by replaying it on every size that the kernel would make.</summary>
/// <remarks>
/// Whether a load fits is not monotone in the pool's size: another size makes other runs of free slots. So nothing is bisected. A pool
/// without failures has every mapping at once, hence is no smaller than the most slots ever mapped together; from there on each size is tried.
/// </remarks>
public static class SizeSearch
{
    private const uint Segment = SwiotlbConstants.SegmentSlots;

    /// <summary>The first round goes up to the kernel's own default.</summary>
    private const uint FirstRound = SwiotlbConstants.DefaultSlots;

    /// <summary>Larger pools (4 GiB) do not fit below 4 GiB anywhere.</summary>
    private const uint LargestSlots = 1u << 20;

    /// <summary>Sizes tried at once where every multiple of a segment is possible.</summary>
    private const int Batch = 8;

    /// <summary>Searches.</summary>
    /// <param name="load">The load.</param>
    /// <param name="options">The machine.</param>
    /// <param name="progress">Told how many replays are done.</param>
    /// <param name="cancellation">Ends the search early; the result then says so.</param>
    public static SizeResult Run(RecordedLoad load, SizeOptions options, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(load);
        ArgumentNullException.ThrowIfNull(options);
        return new Search(load, options, progress, cancellation).Run();
    }

    private sealed class Search(RecordedLoad load, SizeOptions options, Action<int>? progress, CancellationToken cancellation)
    {
        private readonly SortedDictionary<int, ReplayOutcome> _curve = []; // by slots of the pool that was made
        private int _done;

        public SizeResult Run()
        {
            ReplayOutcome recorded = Replay([ReplayConfiguration.AsRecorded])[0];
            bool anySize = !(options.Kernel ?? load.Machine.Kernel).Switches.Areas;
            Try(PowersOfTwo(Segment, FirstRound));
            for (uint next = FirstRound * 2; !Complete() && next <= LargestSlots && !cancellation.IsCancellationRequested; next *= 4)
                Try(PowersOfTwo(next, Math.Min(next * 2, LargestSlots)));
            if (anySize)
                Refine();
            if (_curve.Count == 0 && !cancellation.IsCancellationRequested)
                _curve[0] = Replay([Configuration(FirstRound)])[0]; // a kernel that makes no pool on this machine

            ReplayOutcome? smallest = Smallest(), withHeadroom = WithHeadroom();
            ImmutableArray<ReplayOutcome> curve = [.. _curve.Values];
            ImmutableArray<ReplayOutcome> areas = TryAreas(withHeadroom ?? smallest);
            return new SizeResult
            {
                Load = load,
                Options = options,
                Recorded = recorded,
                Curve = curve,
                Smallest = smallest,
                WithHeadroom = withHeadroom,
                Knee = KneeOf(curve, smallest),
                AreaCurve = areas,
                Areas = BestAreas(areas),
                Regions = [.. RegionsOf(recorded)],
                Unhelped = curve.IsEmpty ? [] : [.. (smallest ?? curve[^1]).FailuresByCause.Where(f => smallest is null ? f.Region is null : !f.DependsOnPoolSize)],
                Interrupted = cancellation.IsCancellationRequested,
            };
        }

        private bool Complete() => WithHeadroom() is not null;

        private ReplayOutcome? Smallest() => _curve.Values.FirstOrDefault(static o => o is { PoolSlots: > 0, FailuresBySize: 0 });

        private ReplayOutcome? WithHeadroom() =>
            _curve.Values.FirstOrDefault(o => o is { PoolSlots: > 0, FailuresBySize: 0 } && o.HighWaterSlots <= o.PoolSlots * (1 - options.Headroom));

        private ReplayConfiguration Configuration(uint slots, int? areas = null) => new()
        {
            Kernel = options.Kernel,
            Slots = slots,
            Areas = areas ?? options.Areas,
            Bounce = options.Bounce,
            Masks = options.Masks,
        };

        private static IEnumerable<uint> PowersOfTwo(uint from, uint to)
        {
            for (uint slots = from; slots <= to; slots *= 2)
                yield return slots;
        }

        /// <summary>Replays sizes, each pool that the kernel really makes of them once.</summary>
        private void Try(IEnumerable<uint> sizes)
        {
            var configurations = new List<ReplayConfiguration>();
            var made = new HashSet<int>(_curve.Keys);
            foreach (uint slots in sizes)
            {
                if (SlotsMade(slots) is not { } rounded || !made.Add(rounded))
                    continue;
                // Asked for as it is made, if that gives the same (the kernel's default is adjusted on some machines).
                configurations.Add(Configuration(SlotsMade((uint)rounded) == rounded ? (uint)rounded : slots));
            }

            foreach (ReplayOutcome outcome in Replay(configurations))
                _curve[outcome.PoolSlots] = outcome;
        }

        private int? SlotsMade(uint slots) => ReplayMachine.Boot(load.Machine, Configuration(slots)).Swiotlb?.DefaultPool.Slots;

        /// <summary>Where every multiple of a segment is possible: all of them, from the most slots ever mapped at once upwards.</summary>
        private void Refine()
        {
            if (Smallest() is not { } enough)
                return;
            uint next = Math.Max(1, (uint)((enough.HighWaterSlots + Segment - 1) / Segment)) * Segment;
            while (next < (uint)enough.PoolSlots && !cancellation.IsCancellationRequested)
            {
                var sizes = new List<uint>();
                for (; next < (uint)enough.PoolSlots && sizes.Count < Batch; next += Segment)
                    sizes.Add(next);
                Try(sizes);
                if (Smallest() is { } found && found.PoolSlots < enough.PoolSlots)
                    return;
            }
        }

        private ImmutableArray<ReplayOutcome> TryAreas(ReplayOutcome? best)
        {
            if (best is null || best.Bounced == 0 || !best.Kernel.Switches.Areas || cancellation.IsCancellationRequested)
                return [];
            var configurations = new List<ReplayConfiguration>();
            int most = SwiotlbParameter.RoundAreas(load.Machine.Machine.Cpus); // a search begins in the area of its processor: more are of no use
            for (int areas = 1; areas <= most && areas * (int)Segment <= best.PoolSlots; areas *= 2)
                configurations.Add(Configuration((uint)best.PoolSlots, areas));
            return [.. Replay(configurations).Where(o => o.PoolSlots == best.PoolSlots)];
        }

        private static ReplayOutcome? BestAreas(ImmutableArray<ReplayOutcome> areas)
        {
            const double alike = 0.02;
            var able = areas.Where(static o => o.FailuresBySize == 0).ToList();
            if (able.Count == 0)
                return null;
            double best = able.Min(static o => o.BusiestShare);
            return able.Find(o => o.BusiestShare <= best + alike);
        }

        private static ReplayOutcome? KneeOf(ImmutableArray<ReplayOutcome> curve, ReplayOutcome? smallest)
        {
            if (smallest is null)
                return null;
            var points = curve.TakeWhile(o => o.PoolSlots <= smallest.PoolSlots).ToList();
            int index = Knee.IndexOf([.. points.Select(static o => ((double)o.PoolSlots, (double)o.FailuresBySize))]);
            return index < 0 ? null : points[index];
        }

        private IEnumerable<RegionSize> RegionsOf(ReplayOutcome recorded)
        {
            foreach ((string name, long highWater) in recorded.RestrictedHighWater)
            {
                ulong bytes = load.Machine.Facts.RestrictedPools.First(p => p.Name == name).Range.Size;
                long failures = recorded.FailuresByCause.Where(f => f.Region == name).Sum(static f => f.Count);
                yield return new RegionSize(name, bytes, (ulong)highWater << SwiotlbConstants.SlotShift, failures, SmallestRegion(name, bytes, highWater));
            }
        }

        private ulong SmallestRegion(string name, ulong bytes, long highWater)
        {
            ulong segments = Math.Max(1, ((ulong)highWater + Segment - 1) / Segment);
            ulong most = Math.Max(16 * segments, 4 * bytes / SwiotlbConstants.SegmentSize);
            while (segments <= most && !cancellation.IsCancellationRequested)
            {
                var configurations = new List<ReplayConfiguration>();
                for (int i = 0; i < Batch && segments <= most; i++, segments++)
                {
                    configurations.Add(new ReplayConfiguration
                    {
                        Kernel = options.Kernel,
                        Masks = options.Masks,
                        Regions = ImmutableSortedDictionary<string, ulong>.Empty.Add(name, segments * SwiotlbConstants.SegmentSize),
                    });
                }

                ReplayOutcome? enough = Replay(configurations).FirstOrDefault(o => !o.FailuresByCause.Any(f => f.Region == name && f.Cause.DependsOnSize()));
                if (enough is not null)
                    return enough.Configuration.Regions[name];
            }

            return 0;
        }

        private IReadOnlyList<ReplayOutcome> Replay(List<ReplayConfiguration> configurations)
        {
            IReadOnlyList<ReplayOutcome> outcomes = ReplayRun.Run(load, configurations, cancellation: cancellation);
            progress?.Invoke(_done += configurations.Count);
            return outcomes;
        }
    }
}
