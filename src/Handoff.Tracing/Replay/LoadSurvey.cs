using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Replay;

/// <summary>What the events of a recording show about a machine of which too little is known otherwise.</summary>
public sealed class LoadSurvey
{
    private const ulong MostPhysical = 1UL << 52; // no processor has more; what lies beyond is damage

    private const int MostWaiting = 256; // entries of the longest list whose bounces are joined

    private LoadSurvey()
    {
    }

    /// <summary>CPUs that logged events, at least 1.</summary>
    public int Cpus { get; private set; } = 1;

    /// <summary>Highest physical address of a buffer.</summary>
    public ulong HighestPhysical { get; private set; }

    /// <summary>Lowest address of a slot; <see langword="null"/> if nothing bounced.</summary>
    public ulong? LowestSlot { get; private set; }

    /// <summary>Highest address of a slot.</summary>
    public ulong HighestSlot { get; private set; }

    /// <summary>Whether a bounce was forced for a device without a restricted pool.</summary>
    public bool ForcedInDefaultPool { get; private set; }

    /// <summary>Goes over all events.</summary>
    /// <param name="reader">The recording.</param>
    /// <param name="isRestricted">Whether a device has a restricted pool.</param>
    /// <param name="onlyForce">End at the first bounce of the default pool: all else is known.</param>
    /// <param name="cancellation">Ends early.</param>
    public static LoadSurvey Take(RecordingReader reader, Func<string, bool> isRestricted, bool onlyForce, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(isRestricted);
        var survey = new LoadSurvey();
        var bounces = new Dictionary<int, List<(int Device, ulong Address)>>(); // of each CPU, since its last map
        DmaEvent e = default;
        while (reader.Read(ref e) && !cancellation.IsCancellationRequested)
        {
            if (e.Kind == DmaEventKind.LostEvents)
                continue;
            survey.Cpus = Math.Max(survey.Cpus, Math.Min(e.Cpu + 1, 1 << 16));
            if (e.Kind == DmaEventKind.SwiotlbBounced)
            {
                if (!bounces.TryGetValue(e.Cpu, out var waiting))
                    bounces.Add(e.Cpu, waiting = []);
                if (waiting.Count < MostWaiting)
                    waiting.Add((e.Device, e.BouncedAddress));
                if (isRestricted(reader.Devices[e.Device]))
                    continue;
                survey.ForcedInDefaultPool |= e.IsForced;
                if (onlyForce)
                    break;
            }
            else if (e.Kind == DmaEventKind.MapPage)
            {
                List<(int, ulong)>? waiting = bounces.GetValueOrDefault(e.Cpu);
                survey.Map(waiting, e.Device, e.PhysicalAddress, e.DmaAddress);
                waiting?.Clear();
            }
            else if (e.Kind == DmaEventKind.MapSg)
            {
                List<(int, ulong)>? waiting = bounces.GetValueOrDefault(e.Cpu);
                for (int i = 0; i < Math.Min(e.PhysicalAddresses.Length, e.DmaAddresses.Length); i++)
                    survey.Map(waiting, e.Device, e.PhysicalAddresses[i], e.DmaAddresses[i]);
                waiting?.Clear();
            }
        }

        return survey;
    }

    private void Map(List<(int Device, ulong Address)>? bounces, int device, PhysicalAddress physical, DmaAddress dma)
    {
        if (physical.Value < MostPhysical)
            HighestPhysical = Math.Max(HighestPhysical, physical.Value);
        if (!dma.IsMapped || dma.Value == physical.Value || bounces is null || !bounces.Contains((device, physical.Value)))
            return;
        LowestSlot = Math.Min(LowestSlot ?? ulong.MaxValue, dma.Value);
        HighestSlot = Math.Max(HighestSlot, dma.Value);
    }
}
