using System.Buffers;
using Handoff.Tracing.Recordings.Input;
using ZstdSharp;

namespace Handoff.Tracing.Recordings.PerfData;

/// <summary>The records of a perf.data file one after the other, compressed ones unpacked.</summary>
/// <param name="source">The file.</param>
/// <param name="start">Where the first record is.</param>
/// <param name="end">Where the last one ends.</param>
/// <param name="bigEndian">Byte order.</param>
/// <param name="diagnostics">For damage.</param>
/// <param name="maximumUnpacked">Most bytes that may come out of compressed records.</param>
internal sealed class PerfRecordSource(ByteSource source, long start, long end, bool bigEndian, DiagnosticBag diagnostics, long maximumUnpacked) : IDisposable
{
    private const int HeaderSize = 8;
    private const int LongestRecord = ushort.MaxValue;
    private const int ReadAhead = 256 << 10;

    private readonly byte[] _file = new byte[ReadAhead];
    private long _fileOffset = start; // of _file[0]
    private int _fileNext, _fileCount; // the unread part of _file

    private byte[] _plain = []; // unpacked records
    private int _plainNext, _plainCount;
    private ReadOnlyMemory<byte> _packed; // what is left of the compressed record
    private long _packedOffset;
    private bool _hasMore; // the decompressor may hold bytes that found no room
    private long _unpacked;
    private Decompressor? _zstd; // one stream over all compressed records
    private bool _damaged;

    /// <summary>Bytes of the file that are still to be read.</summary>
    internal long BytesLeft => _damaged ? 0 : Math.Max(0, end - _fileOffset - _fileNext);

    /// <summary>Moves to the next record.</summary>
    /// <param name="record">The record with its header; valid until the next call.</param>
    /// <param name="offset">Where it is; of unpacked ones, where their compressed record is.</param>
    internal bool Next(out ReadOnlySpan<byte> record, out long offset)
    {
        record = default;
        offset = 0;
        while (!_damaged)
        {
            if (TryPlain(out record))
            {
                offset = _packedOffset;
                return true;
            }

            if (!_packed.IsEmpty || _hasMore)
            {
                Unpack();
                continue;
            }

            if (!FromFile(out record, out offset))
                return false;
            var type = TypeOf(record);
            if (type is not (PerfRecordType.Compressed or PerfRecordType.Compressed2))
                return true;
            Begin(record, offset, type);
        }

        return false;
    }

    /// <summary>The type of a record.</summary>
    internal PerfRecordType TypeOf(ReadOnlySpan<byte> record) => (PerfRecordType)new Cursor(record, bigEndian).U32();

    /// <summary>A bit of <see cref="MiscOf"/>: the samples were not lost but filtered out (kernel: <c>PERF_RECORD_MISC_LOST_SAMPLES_BPF</c>).</summary>
    internal const ushort FilteredSamples = 1 << 15;

    /// <summary>The flags of a record.</summary>
    internal ushort MiscOf(ReadOnlySpan<byte> record) => new Cursor(record[4..], bigEndian).U16();

    /// <summary>Takes bytes that follow a record without being one.</summary>
    internal byte[] TakeBytes(ulong size)
    {
        var at = _fileOffset + _fileNext;
        var bytes = new byte[Math.Min((long)Math.Min(size, int.MaxValue / 4), Math.Max(0, end - at))];
        source.ReadAt(at, bytes);
        SkipBytes(size);
        return bytes;
    }

    /// <summary>Leaves out bytes that follow a record without being one.</summary>
    internal void SkipBytes(ulong size)
    {
        _fileOffset += _fileNext;
        _fileOffset = size > (ulong)(end - _fileOffset) ? end : _fileOffset + (long)size;
        _fileNext = _fileCount = 0;
    }

    public void Dispose() => _zstd?.Dispose();

    private bool FromFile(out ReadOnlySpan<byte> record, out long offset)
    {
        offset = _fileOffset + _fileNext;
        record = default;
        if (!Ensure(HeaderSize))
        {
            if (_fileNext < _fileCount)
                Damaged(offset, "the last record is cut off");
            return false;
        }

        var size = SizeOf(_file.AsSpan(_fileNext));
        if (size < HeaderSize)
        {
            Damaged(offset, $"a record claims to have {size} bytes");
            return false;
        }

        if (!Ensure(size))
        {
            Damaged(offset, "the last record is cut off");
            return false;
        }

        record = _file.AsSpan(_fileNext, size);
        _fileNext += size;
        return true;
    }

    private int SizeOf(ReadOnlySpan<byte> header) => new Cursor(header[6..8], bigEndian).U16();

    /// <summary>Makes at least so many bytes of the file available.</summary>
    private bool Ensure(int bytes)
    {
        if (_fileCount - _fileNext >= bytes)
            return true;
        _file.AsSpan(_fileNext, _fileCount - _fileNext).CopyTo(_file);
        _fileOffset += _fileNext;
        _fileCount -= _fileNext;
        _fileNext = 0;
        var want = (int)Math.Min(_file.Length - _fileCount, Math.Max(0, end - _fileOffset - _fileCount));
        _fileCount += source.ReadAt(_fileOffset + _fileCount, _file.AsSpan(_fileCount, want));
        return _fileCount >= bytes;
    }

    private void Begin(ReadOnlySpan<byte> record, long offset, PerfRecordType type)
    {
        var body = record[HeaderSize..];
        if (type == PerfRecordType.Compressed2)
        {
            var cursor = new Cursor(body, bigEndian);
            var size = cursor.U64();
            body = cursor.Take(size);
            if (cursor.Failed)
            {
                Damaged(offset, "a compressed record is shorter than it says");
                return;
            }
        }

        _packed = body.ToArray();
        _packedOffset = offset;
        _zstd ??= new Decompressor();
    }

    private void Unpack()
    {
        // What is left of a record that two compressed ones share comes first.
        _plain.AsSpan(_plainNext, _plainCount - _plainNext).CopyTo(_plain);
        _plainCount -= _plainNext;
        _plainNext = 0;
        if (_plain.Length == 0)
            _plain = new byte[ReadAhead + LongestRecord];
        try
        {
            var status = _zstd!.UnwrapStream(_packed.Span, _plain.AsSpan(_plainCount), out var consumed, out var written);
            _packed = _packed[consumed..];
            var hadMore = _hasMore;
            _hasMore = written == _plain.Length - _plainCount;
            _plainCount += written;
            _unpacked += written;
            if (status == OperationStatus.InvalidData || (consumed == 0 && written == 0 && !hadMore))
                Damaged(_packedOffset, "a compressed record is damaged", "HT0307");
            else if (_unpacked > maximumUnpacked)
                Damaged(_packedOffset, $"more than {maximumUnpacked} bytes come out of compressed records; the rest is left out", "HT0307");
        }
        catch (ZstdException e)
        {
            Damaged(_packedOffset, $"a compressed record is damaged: {e.Message}", "HT0307");
        }
    }

    private bool TryPlain(out ReadOnlySpan<byte> record)
    {
        record = default;
        var rest = _plain.AsSpan(_plainNext, _plainCount - _plainNext);
        if (rest.Length < HeaderSize)
            return false;
        var size = SizeOf(rest);
        if (size < HeaderSize)
        {
            Damaged(_packedOffset, $"a compressed record holds one that claims to have {size} bytes");
            return false;
        }

        if (rest.Length < size)
            return false;
        record = rest[..size];
        _plainNext += size;
        return true;
    }

    private void Damaged(long offset, string message, string id = "HT0306")
    {
        _damaged = true;
        diagnostics.Error(id, offset, message, "everything before this point is used");
    }
}
