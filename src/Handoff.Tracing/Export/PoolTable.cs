using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Export;

/// <summary>How full bounce pools were over time: the lowest and highest number of slots in use in each of up to 512 equal parts of a recording.</summary>
internal sealed class PoolTable : ExportTable
{
    private readonly TextColumn _pool, _device;
    private readonly NumberColumn _start, _end, _lowest, _highest;
    private readonly NumberColumn _slots, _areas;
    private readonly NumberColumn _restricted;

    internal PoolTable(string recording)
        : base("pool_occupancy", recording)
    {
        _pool = Text("pool");
        _device = Text("device");
        _start = Series("ts");
        _end = Series("end_ts");
        _lowest = Bigint("lowest");
        _highest = Bigint("highest");
        _slots = Integer("slots");
        _areas = Integer("areas");
        _restricted = Boolean("is_restricted");
    }

    /// <summary>Adds a pool that was used or is known.</summary>
    internal void Add(BouncePool pool, SeriesClock clock) =>
        Add(clock, pool.Used, pool.Name.Length == 0 ? "default" : pool.Name, null, pool.Slots > 0 ? pool.Slots : null, pool.Areas > 0 ? pool.Areas : null, pool.IsRestricted);

    /// <summary>Adds the slots that one device held, whatever pool they are of.</summary>
    internal void Add(DeviceStatistics device, SeriesClock clock) => Add(clock, device.Slots, null, device.Name, null, null, null);

    private void Add(SeriesClock clock, LevelSeries used, string? pool, string? device, int? slots, int? areas, bool? restricted)
    {
        for (int part = 0; part < clock.Count; part++)
        {
            _pool.Add(pool);
            _device.Add(device);
            _start.Add(clock.StartOf(part));
            _end.Add(clock.StartOf(part + 1));
            _lowest.Add(used.LowestIn(part));
            _highest.Add(used.HighestIn(part));
            _slots.Add(slots);
            _areas.Add(areas);
            _restricted.Add(restricted);
            EndRow();
        }
    }
}
