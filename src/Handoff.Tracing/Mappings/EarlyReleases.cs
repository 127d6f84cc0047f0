using Handoff.Ownership;

namespace Handoff.Tracing.Mappings;

/// <summary>
/// Releases that fit nothing that is mapped. The clocks of processors may differ a little, so that a map on one of them seems to follow its
/// own release on another: each waits so long that its map would have come.
/// </summary>
internal sealed class EarlyReleases
{
    /// <summary>Most nanoseconds by which clocks of processors are taken to differ.</summary>
    public const ulong MostDisorder = 1_000_000;

    private const int Most = 4096;
    private const int MostCompared = 64; // of one address, the newest; processors of the largest machines do not release one so often within a millisecond

    private readonly Dictionary<(int Device, ulong Address, bool IsList), Release> _newest = [];
    private readonly Queue<Release> _inOrder = new();

    /// <summary>Whether none waits.</summary>
    public bool IsEmpty => _inOrder.Count == 0;

    /// <summary>A release, with what is known of its surroundings.</summary>
    internal sealed class Release
    {
        /// <summary>The release; of a list, its arguments.</summary>
        public required MappingEvent Event { get; init; }

        public required int Cpu { get; init; }

        public required int Pid { get; init; }

        public required int Task { get; init; }

        /// <summary>Whether something was mapped there before, as far as the recording shows: then it is not about what was mapped before the recording.</summary>
        public required bool IsSeen { get; init; }

        /// <summary>Of a list: its buffers.</summary>
        public PhysicalAddress[]? Buffers { get; init; }

        /// <summary>Whether another processor released or mapped the same address at about the same time.</summary>
        public bool IsDisturbed { get; set; }

        public bool IsTaken { get; set; }

        public Release? Older { get; set; } // of the same key

        public Release? Newer { get; set; }
    }

    /// <summary>Remembers a release.</summary>
    public void Add(Release release)
    {
        var key = KeyOf(release);
        release.Older = _newest.GetValueOrDefault(key);
        release.Newer = null;
        if (release.Older is not null)
            release.Older.Newer = release;
        _newest[key] = release;
        _inOrder.Enqueue(release);
    }

    /// <summary>The next release that waits no longer, oldest first; <see langword="null"/> if all still have time.</summary>
    /// <param name="now">Time of the event that comes next.</param>
    public Release? Next(ulong now)
    {
        while (_inOrder.TryPeek(out Release? release) && (release.IsTaken || _inOrder.Count > Most || now > (ulong)release.Event.Time + MostDisorder))
        {
            _inOrder.Dequeue();
            if (release.IsTaken)
                continue;
            Unlink(release);
            return release;
        }

        return null;
    }

    /// <summary>
    /// Takes the oldest release that belongs to a map which is logged after it: by another processor. If some other processor used the address too, it is
    /// not known which release is whose, and the map's own processor may have logged it.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="address">The DMA address; for a list the physical address of its first buffer.</param>
    /// <param name="cpu">Processor of the map.</param>
    /// <param name="map">The map's arguments.</param>
    /// <param name="buffers">For a list, its buffers, as far as they are named.</param>
    public Release? Take(int device, ulong address, int cpu, in MappingEvent map, ReadOnlySpan<PhysicalAddress> buffers)
    {
        if (!_newest.TryGetValue((device, address, map.Mapping == MappingKind.Sg), out Release? release))
            return null;
        Release? found = null;
        for (int left = MostCompared; release is not null && left > 0; release = release.Older, left--)
        {
            if (release.Cpu != cpu)
                release.IsDisturbed = true;
            if (release.IsDisturbed && Fits(release, map, buffers))
                found = release;
        }

        if (found is not null)
        {
            Unlink(found);
            found.IsTaken = true;
        }

        return found;
    }

    /// <summary>Remembers a release again: what it seemed to belong to ended by another one.</summary>
    public void PutBack(Release release, ulong now)
    {
        if (now > (ulong)release.Event.Time + MostDisorder)
            return;
        release.IsTaken = false;
        Add(release);
    }

    /// <summary>Whether a single release of an address waits.</summary>
    public bool IsWaiting(int device, DmaAddress address) => _newest.ContainsKey((device, address.Value, false));

    public void Forget()
    {
        _newest.Clear();
        _inOrder.Clear();
    }

    private static bool Fits(Release release, in MappingEvent map, ReadOnlySpan<PhysicalAddress> buffers)
    {
        MappingEvent e = release.Event;
        if (e.Mapping != map.Mapping || e.Direction != map.Direction || !OwnershipTracker.AttributesAgree(map.Attributes, e.Attributes))
            return false;
        return release.Buffers is { } own ? own.Length == map.ListEntries && own.AsSpan().StartsWith(buffers) : e.Size == map.Size;
    }

    private static (int Device, ulong Address, bool IsList) KeyOf(Release release) =>
        (release.Event.Device, release.Buffers is { } buffers ? buffers[0].Value : release.Event.Address.Value, release.Buffers is not null);

    private void Unlink(Release release)
    {
        if (release.Older is not null)
            release.Older.Newer = release.Newer;
        if (release.Newer is not null)
            release.Newer.Older = release.Older;
        else if (release.Older is not null)
            _newest[KeyOf(release)] = release.Older;
        else
            _newest.Remove(KeyOf(release));
        release.Older = release.Newer = null;
    }
}
