using Handoff.Tracing.Bundles;

namespace Handoff.Tracing.Mappings;

/// <summary>The bounce pools of a recorded machine: the known ones, and one for all slots elsewhere.</summary>
internal sealed class PoolSet
{
    private readonly MachineFacts? _facts;
    private readonly List<BouncePool> _all = [];
    private readonly List<BouncePool> _restricted = [];
    private readonly BouncePool _own; // the machine's own pool
    private readonly Dictionary<int, Route> _routes = [];
    private readonly SeriesClock _clock;
    private BouncePool? _elsewhere; // of unknown place: made at run time
    private Route? _lastRoute;
    private int _lastDevice = -1;

    /// <summary>How a device reaches memory.</summary>
    private sealed record Route(BouncePool Pool, DmaRange[] Windows);

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

    public bool HasRestricted => _restricted.Count > 0;

    /// <summary>The pool that a device's requests go to.</summary>
    public BouncePool Of(int device, string name) => RouteOf(device, name).Pool;

    /// <summary>The pool that holds a slot.</summary>
    public BouncePool At(int device, string name, DmaAddress address, out ulong physical)
    {
        Route route = RouteOf(device, name);
        physical = ToPhysical(route, address.Value);
        if (route.Pool.Range is null || route.Pool.Contains(physical))
            return route.Pool;
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
    public bool IsOutOfReach(BouncePool pool, int device, string name, ulong mask)
    {
        if (mask == 0)
            return false;
        ulong lowest = pool.Range is { } range ? range.Start.Value : pool.LowestSeen;
        return lowest != ulong.MaxValue && ToDma(RouteOf(device, name), lowest) > mask;
    }

    public void Reset(int bucket, ulong time)
    {
        foreach (BouncePool pool in _all)
            pool.Reset(bucket, time);
    }

    private static ulong ToPhysical(Route route, ulong address)
    {
        foreach (DmaRange window in route.Windows)
        {
            if (address - window.DmaStart.Value < window.Size)
                return address - window.DmaStart.Value + window.CpuStart.Value;
        }

        return address;
    }

    private static ulong ToDma(Route route, ulong physical)
    {
        foreach (DmaRange window in route.Windows)
        {
            if (physical - window.CpuStart.Value < window.Size)
                return physical - window.CpuStart.Value + window.DmaStart.Value;
        }

        return physical;
    }

    private Route RouteOf(int device, string name)
    {
        if (device == _lastDevice)
            return _lastRoute!;
        if (!_routes.TryGetValue(device, out Route? route))
        {
            BouncePool pool = _own;
            if (_facts?.RestrictedPoolOf(name) is { } restricted)
                pool = _restricted.Find(each => each.Name == restricted.Name) ?? _own;
            _routes.Add(device, route = new Route(pool, _facts is null ? [] : [.. _facts.RangesOf(name)]));
        }

        (_lastDevice, _lastRoute) = (device, route);
        return route;
    }
}
