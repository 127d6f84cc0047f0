using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Replay;

/// <summary>What the events of a recording show about a machine of which too little is known otherwise.</summary>
public sealed class LoadSurvey
{
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
        var bounces = new Dictionary<int, (int Device, ulong Address, ulong Size)>(); // newest of each CPU
        DmaEvent e = default;
        while (reader.Read(ref e) && !cancellation.IsCancellationRequested)
        {
            survey.Cpus = Math.Max(survey.Cpus, Math.Min(e.Cpu + 1, 1 << 16));
            if (e.Kind == DmaEventKind.SwiotlbBounced)
            {
                bounces[e.Cpu] = (e.Device, e.BouncedAddress, e.Size);
                if (isRestricted(reader.Devices[e.Device]))
                    continue;
                survey.ForcedInDefaultPool |= e.IsForced;
                if (onlyForce)
                    break;
            }
            else if (e.Kind == DmaEventKind.MapPage)
            {
                ulong physical = e.PhysicalAddress.Value;
                survey.HighestPhysical = Math.Max(survey.HighestPhysical, physical);
                if (e.DmaAddress.IsMapped && e.DmaAddress.Value != physical
                    && bounces.GetValueOrDefault(e.Cpu) is var bounce && bounce == (e.Device, physical, e.Size))
                {
                    survey.LowestSlot = Math.Min(survey.LowestSlot ?? ulong.MaxValue, e.DmaAddress.Value);
                    survey.HighestSlot = Math.Max(survey.HighestSlot, e.DmaAddress.Value);
                }
            }
        }

        return survey;
    }
}
