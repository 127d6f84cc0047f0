using System.Buffers.Binary;
using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>
/// Finds the data of each CPU in a compressed buffer without its index: a count of chunks, then so many chunks, each with its sizes before it.
/// Recorders begin each CPU's at a multiple of the machine's page size and leave out CPUs without events.
/// </summary>
internal sealed class ChunkGroups(ByteSource source, bool bigEndian, int alignment)
{
    private readonly byte[] _window = new byte[4096]; // of the file: many small chunks are not worth a read each
    private long _windowAt = -1;
    private int _windowSize;
    private long _zerosFrom, _zerosTo; // nothing but zeros in between

    /// <summary>The groups from <paramref name="start"/> on. Only the last one may be cut: in the middle, or because what follows is no chunk.</summary>
    internal List<CpuPlace> Find(long start, long end)
    {
        var places = new List<CpuPlace>();
        var at = Next(start, end);
        while (at + 4 <= end && places.Count < RecordingHeader.MostCpus)
        {
            var count = Number(at);
            var next = at + 4;
            uint complete = 0;
            while (complete < count && Chunk(next, end) is > 0 and var size)
            {
                next += size;
                complete++;
            }

            places.Add(new CpuPlace(places.Count, at, next - at - 4, complete < count));
            if (complete < count)
                break;
            at = Next(next, end);
        }

        return places;
    }

    /// <summary>Bytes of a chunk and its sizes, 0 if there is none.</summary>
    private long Chunk(long at, long end)
    {
        if (at + 8 > end)
            return 0;
        long packed = Number(at), plain = Number(at + 4);
        return packed is 0 or > CpuStream.MaximumChunk || plain is 0 or > CpuStream.MaximumChunk || at + 8 + packed > end ? 0 : 8 + packed;
    }

    /// <summary>Where the next group begins: there, or behind zeros up to a multiple of the page size. Nothing but zeros is no group.</summary>
    private long Next(long at, long end)
    {
        var aligned = (at + alignment - 1) / alignment * alignment;
        var limit = Math.Min(aligned, end);
        if (at < _zerosFrom || at > _zerosTo)
            _zerosFrom = _zerosTo = at;
        while (_zerosTo < limit && Byte(_zerosTo) == 0)
            _zerosTo++;
        if (_zerosTo < limit)
            return at;
        return aligned + 4 <= end && Number(aligned) != 0 ? aligned : end;
    }

    private uint Number(long at)
    {
        Span<byte> bytes = [Byte(at), Byte(at + 1), Byte(at + 2), Byte(at + 3)];
        return bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private byte Byte(long at)
    {
        if (at < _windowAt || at >= _windowAt + _windowSize)
        {
            _windowAt = at;
            _windowSize = source.ReadAt(at, _window);
        }

        return at - _windowAt < _windowSize ? _window[at - _windowAt] : (byte)0;
    }
}
