using Handoff.Ownership;

namespace Handoff.Tracing.Findings;

/// <summary>Mappings of a device that were never released although their memory was mapped again for writing.</summary>
internal sealed class ForgottenMappings
{
    internal ForgottenMappings(string device, IEnumerable<(LiveMapping Forgotten, Finding Reuse)> mappings)
    {
        Device = device;
        foreach ((LiveMapping forgotten, Finding reuse) in mappings)
        {
            if (Count++ == 0)
                (First, FirstReuse) = (forgotten, reuse);
            LastTime = forgotten.Time;
        }
    }

    /// <summary>The device.</summary>
    public string Device { get; }

    /// <summary>How many.</summary>
    public int Count { get; }

    /// <summary>The oldest.</summary>
    public LiveMapping First { get; }

    /// <summary>The map of the oldest one's memory.</summary>
    public Finding FirstReuse { get; } = null!;

    /// <summary>When the youngest was made.</summary>
    public long LastTime { get; }
}
