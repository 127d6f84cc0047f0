using Handoff.Ownership;

namespace Handoff.Tracing.Mappings;

/// <summary>
/// Releases of what does not seem to be mapped. The clocks of processors may differ a little, so that a map on one of them seems to follow its
/// own release on another.
/// </summary>
internal sealed class EarlyReleases
{
    /// <summary>Most nanoseconds by which clocks of processors are taken to differ.</summary>
    public const ulong MostDisorder = 1_000_000;

    private const int Most = 1024;

    private readonly Dictionary<(int Device, ulong Address, bool IsList), Release> _releases = [];
    private ulong _latest; // no release is later

    /// <summary>A release: where and when, and with what arguments.</summary>
    /// <param name="Time">When.</param>
    /// <param name="Cpu">On which processor.</param>
    /// <param name="Size">Bytes; of a list its entries.</param>
    /// <param name="Direction">Direction.</param>
    /// <param name="Attributes">Attributes.</param>
    /// <param name="Kind">Kind of mapping.</param>
    /// <param name="IsSecond">Whether something was mapped there before, and had ended.</param>
    internal readonly record struct Release(ulong Time, int Cpu, ulong Size, DmaDirection Direction, DmaAttributes Attributes, MappingKind Kind, bool IsSecond);

    public bool IsEmpty => _releases.Count == 0;

    /// <summary>Remembers a release.</summary>
    /// <param name="device">The device.</param>
    /// <param name="address">The DMA address; for a list the physical address of its first buffer.</param>
    /// <param name="isList">Whether it is a list.</param>
    /// <param name="release">The release.</param>
    public void Add(int device, ulong address, bool isList, in Release release)
    {
        if (_releases.Count >= Most || release.Time > _latest + MostDisorder)
            _releases.Clear();
        _latest = Math.Max(_latest, release.Time);
        _releases[(device, address, isList)] = release;
    }

    /// <summary>Finds the release that belongs to a map which another processor logs after it.</summary>
    public bool Take(int device, ulong address, bool isList, ulong time, int cpu, ulong size, out Release release)
    {
        release = default;
        if (time > _latest + MostDisorder)
        {
            _releases.Clear();
            return false;
        }

        var key = (device, address, isList);
        if (!_releases.TryGetValue(key, out release) || release.Cpu == cpu || release.Size != size || time > release.Time + MostDisorder)
            return false;
        _releases.Remove(key);
        return true;
    }

    public void Forget() => _releases.Clear();
}
