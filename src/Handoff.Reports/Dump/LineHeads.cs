using System.Runtime.CompilerServices;
using Handoff.Tracing.Recordings;

namespace Handoff.Reports.Dump;

/// <summary>Beginnings of lines that many events share, kept by what they are made of. Newer ones replace older ones.</summary>
internal sealed class LineHeads
{
    private const int Places = 1024; // a power of two

    private readonly Entry[] _entries = new Entry[Places];

    /// <summary>The beginning kept for events like this one, or <see langword="null"/>.</summary>
    public byte[]? Find(in DmaEvent e)
    {
        ref var entry = ref Place(e, out ulong names, out ulong rest);
        return entry.Names == names && entry.Rest == rest ? entry.Text : null;
    }

    /// <summary>Keeps one.</summary>
    public byte[] Add(in DmaEvent e, byte[] text)
    {
        ref var entry = ref Place(e, out ulong names, out ulong rest);
        entry = new Entry { Names = names, Rest = rest, Text = text };
        return text;
    }

    // All that a beginning is made of: event, kind, device, direction; the mask for bounces, the exporter for dma-bufs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Entry Place(in DmaEvent e, out ulong names, out ulong rest)
    {
        names = ((ulong)(uint)e.EventType << 40) | ((ulong)(uint)e.Device << 16) | ((ulong)e.Kind << 8) | (e.HasDirection ? (ulong)e.Direction : 255);
        rest = e.Kind < DmaEventKind.SwiotlbBounced ? 0 : e.Kind == DmaEventKind.SwiotlbBounced ? e.DmaMask : (ulong)e.Exporter;
        ulong hash = (names ^ (rest * 0x9e37_79b9_7f4a_7c15)) * 0xd6e8_feb8_6659_fd93;
        return ref _entries[(int)(hash >> 54)];
    }

    private struct Entry
    {
        public ulong Names;
        public ulong Rest;
        public byte[]? Text;
    }
}
