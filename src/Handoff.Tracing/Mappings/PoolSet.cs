using Handoff.Tracing.Bundles;

namespace Handoff.Tracing.Mappings;

/// <summary>The bounce pools of a recorded machine: the known ones, and one for all slots elsewhere.</summary>
internal sealed class PoolSet
{
    private readonly MachineFacts? _facts;
    private readonly List<BouncePool> _all = [];
    private readonly List<BouncePool> _restricted = [];
    private readonly BouncePool _own; // the machine's own pool
    private readonly SeriesClock _clock;
    private BouncePool? _elsewhere; // of unknown place: made at run time

    public PoolSet(MachineFacts? facts, SeriesClock clock)
    {
        _facts = facts;
        _clock = clock;
        _own = new BouncePool("", facts?.Swiotlb, facts?.SwiotlbAreas ?? 0, false, clock.NewLevel());
        _all.Add(_own);
        foreach (RestrictedPoolFacts pool in facts?.RestrictedPools ?? [])
            _restricted.Add(new BouncePool(pool.Name, pool.Range, 1, true, clock.NewLevel()));
        _all.AddRange(_restricted);
    }

    public IReadOnlyList<BouncePool> All => _all;

    /// <summary>Whether slots were seen where no known pool is, though the machine's own is known.</summary>
    public bool GrewAtRunTime => _elsewhere is not null && _own.IsPlaced;

    public bool HasRestricted => _restricted.Count > 0;

    /// <summary>How a device gets to its pool.</summary>
    public PoolRoute RouteOf(string device)
    {
        BouncePool pool = _own;
        if (_facts?.RestrictedPoolOf(device) is { } restricted)
            pool = _restricted.Find(each => each.Name == restricted.Name) ?? _own;
        return new PoolRoute(pool, _facts is null ? [] : [.. _facts.RangesOf(device)]);
    }

    /// <summary>The pool that holds a slot.</summary>
    public BouncePool At(PoolRoute route, DmaAddress address, out ulong physical)
    {
        physical = route.ToPhysical(address.Value);
        return !route.Pool.IsPlaced || route.Pool.Contains(physical) ? route.Pool : Elsewhere(physical);
    }

    private BouncePool Elsewhere(ulong physical)
    {
        if (_own.Contains(physical))
            return _own;
        foreach (BouncePool pool in _restricted)
        {
            if (pool.Contains(physical))
                return pool;
        }

        if (_elsewhere is null)
            _all.Add(_elsewhere = new BouncePool("made at run time", null, 0, false, _clock.NewLevel()));
        return _elsewhere;
    }

    /// <summary>Whether no slot of a pool can be reached with a mask.</summary>
    public static bool IsOutOfReach(BouncePool pool, PoolRoute route, ulong mask)
    {
        if (mask == 0)
            return false;
        ulong lowest = pool.Range is { } range ? range.Start.Value : pool.LowestSeen;
        return lowest != ulong.MaxValue && route.ToDma(lowest) > mask;
    }

    public void Reset(int bucket, ulong time)
    {
        foreach (BouncePool pool in _all)
            pool.Reset(bucket, time);
    }
}
