using System.Globalization;
using System.Text;

namespace Handoff.Tracing.Tests;

/// <summary>Writes small trace.dat files (version 6) of shapes the recordings lack.</summary>
internal sealed class SyntheticTraceDat(bool bigEndian, int longSize, int pageSize)
{
    internal const int MapPageId = 301, MapSgId = 302;

    private readonly List<byte> _bytes = [];

    internal List<byte> Records { get; } = [];

    internal int HeaderSize => 8 + longSize;

    internal void Data(uint delta, byte[] payload)
    {
        var padded = (payload.Length + 3) & ~3;
        if (padded is > 0 and <= 112)
            Records.AddRange(U32(Header(padded / 4, delta)));
        else
            Records.AddRange([.. U32(Header(0, delta)), .. U32((uint)padded + 4)]);
        Records.AddRange(payload);
        Records.AddRange(new byte[padded - payload.Length]);
    }

    internal void Special(int type, uint delta, uint word) => Records.AddRange([.. U32(Header(type, delta)), .. U32(word)]);

    internal byte[] MapPage(string device, ulong physical, ulong dma, ulong size, uint direction) =>
        [.. U16(MapPageId), 0, 0, .. U32(77), .. U32(Locator(48, device.Length + 1)), .. U32(direction), .. U64(physical), .. U64(dma), .. U64(size), .. U64(0x20), .. Encoding.ASCII.GetBytes(device), 0];

    /// <summary>The device as a data locator, lists as relative ones.</summary>
    internal byte[] MapSg(string device, ulong[] physical)
    {
        var at = 24 + device.Length + 1;
        List<byte> b = [.. U16(MapSgId), 0, 0, .. U32(77), .. U32(Locator(24, device.Length + 1)), .. U32(Locator(at - 16, physical.Length * 8)), .. U32(Locator(at + physical.Length * 8, 0)), .. U32(Locator(at + physical.Length * 8, 0))];
        b.AddRange(Encoding.ASCII.GetBytes(device));
        b.Add(0);
        foreach (var p in physical)
            b.AddRange(U64(p));
        return [.. b];
    }

    /// <summary>The whole file: each page's time, lost mark (null: none, 0: without a number) and records.</summary>
    internal byte[] File(params (ulong Time, ulong? Lost, byte[] Records)[] pages)
    {
        _bytes.AddRange([0x17, 0x08, 0x44, .. "tracing6"u8, 0, (byte)(bigEndian ? 1 : 0), 8, .. U32(4096)]);
        Text("header_page", $"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:{longSize};\tsigned:1;\n\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:{HeaderSize};\tsize:{pageSize - HeaderSize};\tsigned:0;\n");
        Text("header_event", "# compressed entry header\n");
        _bytes.AddRange(U32(0));
        _bytes.AddRange([.. U32(1), .. "dma"u8, 0, .. U32(2)]);
        Format("name: dma_map_page\nID: 301\nformat:\n" + Common + Field("__data_loc char[] device", 8, 4) + Field("enum dma_data_direction dir", 12, 4) + Field("u64 phys_addr", 16, 8) + Field("u64 dma_addr", 24, 8) + Field("u64 size", 32, 8) + Field("u64 attrs", 40, 8) + "\nprint fmt: \"\"\n");
        Format("name: dma_map_sg\nID: 302\nformat:\n" + Common + Field("__data_loc char[] device", 8, 4) + Field("__rel_loc u64[] phys_addrs", 12, 4) + Field("__data_loc u64[] dma_addrs", 16, 4) + Field("__data_loc unsigned int[] lengths", 20, 4) + "\nprint fmt: \"\"\n");
        _bytes.AddRange([.. U32(0), .. U32(0), .. U64(6), .. "77 cat"u8, .. U32(1), .. "options  "u8, 0]);
        _bytes.AddRange([.. U16(999), .. U32(3), 1, 2, 3, .. U16(8), .. U32(4), .. U32(1), .. U16(0)]); // an unknown option first
        _bytes.AddRange([.. "flyrecord"u8, 0]);
        var place = (_bytes.Count + 16 + pageSize - 1) / pageSize * pageSize;
        _bytes.AddRange([.. U64((ulong)place), .. U64((ulong)(pages.Length * pageSize))]);
        _bytes.AddRange(new byte[place - _bytes.Count]);
        foreach (var (time, lost, records) in pages)
        {
            var commit = (uint)records.Length | (lost is null ? 0 : 0x8000_0000u) | (lost > 0 ? 0x4000_0000u : 0);
            // The kernel adds the marks as a signed 32-bit value: a 64-bit word looks negative.
            List<byte> page = [.. U64(time), .. longSize == 8 ? U64((ulong)(int)commit) : U32(commit), .. records];
            if (lost > 0)
                page.AddRange(longSize == 8 ? U64(lost.Value) : U32((uint)lost.Value));
            page.AddRange(new byte[pageSize - page.Count]);
            _bytes.AddRange(page);
        }

        return [.. _bytes];
    }

    private const string Common = "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n";

    private static string Field(string declaration, int offset, int size) => string.Create(CultureInfo.InvariantCulture, $"\tfield:{declaration};\toffset:{offset};\tsize:{size};\tsigned:0;\n");

    private static uint Locator(int offset, int length) => (uint)(offset | (length << 16));

    private uint Header(int type, uint delta) => bigEndian ? ((uint)type << 27) | delta : (uint)type | (delta << 5);

    private void Text(string name, string text) => _bytes.AddRange([.. Encoding.ASCII.GetBytes(name), 0, .. U64((ulong)text.Length), .. Encoding.ASCII.GetBytes(text)]);

    private void Format(string text) => _bytes.AddRange([.. U64((ulong)text.Length), .. Encoding.ASCII.GetBytes(text)]);

    private byte[] U16(int value) => Ordered(BitConverter.GetBytes((ushort)value));

    private byte[] U32(uint value) => Ordered(BitConverter.GetBytes(value));

    private byte[] U64(ulong value) => Ordered(BitConverter.GetBytes(value));

    private byte[] Ordered(byte[] bytes)
    {
        if (bigEndian == BitConverter.IsLittleEndian)
            Array.Reverse(bytes);
        return bytes;
    }
}
