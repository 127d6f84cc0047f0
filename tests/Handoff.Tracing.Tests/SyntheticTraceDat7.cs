using System.IO.Compression;
using System.Text;

namespace Handoff.Tracing.Tests;

/// <summary>
/// Makes a trace.dat of version 7 of one of version 6, as the format's documentation describes both: sections in any order, plain or compressed,
/// options in several sections, sections and options that nobody knows.
/// </summary>
internal sealed class SyntheticTraceDat7
{
    private readonly byte[] _six;
    private readonly bool _bigEndian;
    private readonly List<byte> _file = [];
    private readonly string _compression;
    private readonly string[] _buffers;
    private readonly bool _likeTraceCmd;
    private int _at = 18; // behind magic, version, byte order, long size, page size

    /// <summary>Begins a file.</summary>
    /// <param name="six">The file of version 6.</param>
    /// <param name="compression">How its sections are compressed.</param>
    /// <param name="likeTraceCmd">As trace-cmd lays it out: options first, CPU data at multiples of the page size and none for CPUs without, their index last.</param>
    /// <param name="buffers">Names of buffers with the same events; a name with a star for one without events.</param>
    internal SyntheticTraceDat7(byte[] six, string compression, bool likeTraceCmd = false, params string[] buffers)
    {
        _likeTraceCmd = likeTraceCmd;
        _buffers = buffers.Length == 0 ? [""] : buffers;
        _six = six;
        _bigEndian = six[12] == 1;
        _compression = compression;
    }

    /// <summary>The file. With a text, that is the recording (the latency format), and no buffer follows.</summary>
    internal byte[] File(string? text = null)
    {
        List<(int Id, byte[] Bytes)> pieces = [(16, Piece(() => { Name(); Sized64(); Name(); Sized64(); })), (17, Piece(() => Times(U32(), Sized64)))];
        pieces.Add((18, Piece(() => Times(U32(), () => { Name(); Times(U32(), Sized64); }))));
        pieces.AddRange([(19, Piece(Sized32)), (20, Piece(Sized32)), (21, Piece(Sized64))]);
        var cpus = U32();
        List<(int Id, byte[] Bytes)> options = [(99, [1, 2, 3]), (8, Put32((uint)cpus))];
        if (Encoding.ASCII.GetString(_six, _at, 7) == "options")
        {
            _at += 10;
            while (U16() is var id and not 0)
            {
                var size = U32();
                if (id != 3)
                    options.Add((id, _six[_at..(_at + size)]));
                _at += size;
            }
        }

        Assert.Equal("flyrecord", Encoding.ASCII.GetString(_six, _at, 9));
        _at += 10;
        var places = Enumerable.Range(0, cpus).Select(_ => (Offset: U64(), Size: U64())).ToList();

        _file.AddRange([0x17, 0x08, 0x44, .. "tracing7"u8, 0, _six[12], _six[13], .. _six[14..18], .. Encoding.ASCII.GetBytes(_compression), 0, .. "1.0"u8, 0]);
        var first = _file.Count;
        _file.AddRange(Put64(0)); // the first options; known at the end
        List<byte> one = [], two = [];
        foreach (var (id, bytes) in pieces)
            Option(id % 2 == 0 ? one : two, id, Put64(Section(id, bytes)));
        Section(77, [1, 2, 3, 4]);
        foreach (var (id, bytes) in options)
            Option(two, id, bytes);
        if (_likeTraceCmd)
        {
            // Where the next options are is only known behind the buffers.
            var top = Section(0, [.. one, .. two, .. Put16(0), .. Put32(8), .. Put64(0)]);
            var next = _file.Count - 8;
            one.Clear();
            foreach (var name in _buffers)
                Option(one, 3, Buffer(name, places));
            Patch(next, Section(0, [.. one, .. Put16(0), .. Put32(8), .. Put64(0)]));
            Patch(first, top);
            Section(15, [.. "headers\0options\0strings\0"u8]);
            return [.. _file];
        }

        if (text is null)
        {
            foreach (var name in _buffers)
                Option(one, 3, Buffer(name, places));
        }
        else
            Option(one, 22, [.. Put64(Section(22, Encoding.UTF8.GetBytes(text), plain: true)), 0, .. "local"u8, 0]);
        var second = Section(0, [.. two, .. Put16(0), .. Put32(8), .. Put64(0)]);
        var start = Section(0, [.. one, .. Put16(0), .. Put32(8), .. Put64(second)]);
        Patch(first, start);
        return [.. _file];
    }

    private byte[] Buffer(string name, List<(long Offset, long Size)> places)
    {
        var packed = _compression != "none";
        var place = _file.Count;
        var cpus = name.EndsWith('*') ? [] : Enumerable.Range(0, places.Count).Where(cpu => !_likeTraceCmd || places[cpu].Size > 0).ToList();
        List<byte> option = [.. Put64(place), .. Encoding.ASCII.GetBytes(name.TrimEnd('*')), 0, .. "mono"u8, 0, .. Put32((uint)PageSize()), .. Put32((uint)cpus.Count)];
        _file.AddRange([.. Put16(3), .. Put16(packed ? 1 : 0), .. Put32(0), .. Put64(0)]);
        if (!packed && cpus.Count > 0)
            Align();
        foreach (var cpu in cpus)
        {
            if (_likeTraceCmd)
                Align();
            var data = _six.AsSpan((int)places[cpu].Offset, (int)places[cpu].Size);
            long start = _file.Count;
            if (packed)
            {
                var chunk = 3 * PageSize();
                _file.AddRange(Put32((uint)((data.Length + chunk - 1) / chunk)));
                for (var at = 0; at < data.Length; at += chunk)
                    _file.AddRange(Packed(data[at..Math.Min(at + chunk, data.Length)].ToArray()));
            }
            else
            {
                _file.AddRange(data.ToArray());
            }

            option.AddRange([.. Put32((uint)cpu), .. Put64(start), .. Put64(_file.Count - start - (packed ? 4 : 0))]);
        }

        Patch(place + 8, _file.Count - place - 16);
        return [.. option];
    }

    private void Patch(int at, long value) => Put64(value).CopyTo(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_file)[at..]);

    private void Align() => _file.AddRange(new byte[(PageSize() - (_file.Count % PageSize())) % PageSize()]);

    // The size of the pages: what header_page says of its data, behind the header.
    private int PageSize()
    {
        var text = Encoding.ASCII.GetString(_six, 18, 600);
        var line = text[text.IndexOf("char data;", StringComparison.Ordinal)..];
        int Number(string key) => int.Parse(line[(line.IndexOf(key, StringComparison.Ordinal) + key.Length)..].Split(';')[0], System.Globalization.CultureInfo.InvariantCulture);
        return Number("offset:") + Number("size:");
    }

    private long Section(int id, byte[] body, bool plain = false)
    {
        long place = _file.Count;
        var packed = !plain && _compression != "none" && id != 0;
        var stored = packed ? Packed(body) : body;
        _file.AddRange([.. Put16(id), .. Put16(packed ? 1 : 0), .. Put32(0), .. Put64(stored.Length), .. stored]);
        return place;
    }

    private byte[] Packed(byte[] plain)
    {
        byte[] packed;
        if (_compression == "zlib")
        {
            using var memory = new MemoryStream();
            using (var zlib = new ZLibStream(memory, CompressionLevel.Fastest, leaveOpen: true))
                zlib.Write(plain);
            packed = memory.ToArray();
        }
        else
        {
            using var zstd = new ZstdSharp.Compressor(1);
            packed = zstd.Wrap(plain).ToArray();
        }

        return [.. Put32((uint)packed.Length), .. Put32((uint)plain.Length), .. packed];
    }

    private void Option(List<byte> to, int id, byte[] bytes) => to.AddRange([.. Put16(id), .. Put32((uint)bytes.Length), .. bytes]);

    private byte[] Piece(Action walk)
    {
        var start = _at;
        walk();
        return _six[start.._at];
    }

    private static void Times(int count, Action action)
    {
        for (var i = 0; i < count; i++)
            action();
    }

    private void Name() => _at = Array.IndexOf(_six, (byte)0, _at) + 1;

    private void Sized64()
    {
        var size = (int)U64(); // moves on, so it comes first
        _at += size;
    }

    private void Sized32()
    {
        var size = U32();
        _at += size;
    }

    private int U16()
    {
        _at += 2;
        return BitConverter.ToUInt16(Ordered(_six[(_at - 2).._at]));
    }

    private int U32()
    {
        _at += 4;
        return BitConverter.ToInt32(Ordered(_six[(_at - 4).._at]));
    }

    private long U64()
    {
        _at += 8;
        return BitConverter.ToInt64(Ordered(_six[(_at - 8).._at]));
    }

    private byte[] Put16(int value) => Ordered(BitConverter.GetBytes((ushort)value));

    private byte[] Put32(uint value) => Ordered(BitConverter.GetBytes(value));

    private byte[] Put64(long value) => Ordered(BitConverter.GetBytes(value));

    private byte[] Ordered(byte[] bytes)
    {
        if (_bigEndian == BitConverter.IsLittleEndian)
            Array.Reverse(bytes);
        return bytes;
    }
}
