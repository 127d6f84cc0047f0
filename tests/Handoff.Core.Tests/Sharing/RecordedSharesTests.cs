using System.Globalization;
using System.Runtime.CompilerServices;
using Handoff.Core.Tests.Kernels;
using Handoff.Sharing;

namespace Handoff.Core.Tests.Sharing;

/// <summary>Replays each recorded case of a shared buffer on the same memory and compares every line.</summary>
public sealed class RecordedSharesTests
{
    private sealed record Case(string Title, string Architecture, string Swiotlb, string Exporter, List<string> Lines);

    public static TheoryData<string> Titles => [.. Read().Select(c => c.Title)];

    [Theory]
    [MemberData(nameof(Titles))]
    public void EveryLineIsReproduced(string title)
    {
        Case one = Read().Single(c => c.Title == title);
        using var box = new Box("linux-6.12", one.Swiotlb, one.Architecture == "arm64" ? Architecture.Arm64 : Architecture.X86_64);
        Assert.Equal(string.Join("\n", one.Lines.Select(WithoutAddresses)), string.Join("\n", Share(box, one).Select(WithoutAddresses)));
    }

    private static List<string> Share(Box box, Case one)
    {
        string first = one.Lines[0];
        string head = first[..first.IndexOf(" begin", StringComparison.Ordinal)];
        ulong size = Field(first, "size");
        bool coherent = Field(first, "coh") != 0;
        Device a = Box.Device(64, coherent, "0000:00:06.0"), b = Box.Device(32, coherent, "0000:00:07.0");
        box.Layer.SetMask(a, a.DmaMask!.Value);
        box.Layer.SetMask(b, b.DmaMask!.Value);
        DmaBuf<RealMemory> buffer = Export(box, one, size);
        var lines = new List<string> { first };

        Assert.Equal(Errno.None, buffer.Attach(a, out DmaBufAttachment<RealMemory>? forA));
        Assert.Equal(Errno.None, buffer.Attach(b, out DmaBufAttachment<RealMemory>? forB));
        Errno mapA = buffer.MapAttachmentUnlocked(forA!, DmaDirection.Bidirectional, out SgTable? ta);
        Errno mapB = buffer.MapAttachmentUnlocked(forB!, DmaDirection.Bidirectional, out SgTable? tb);
        lines.Add($"{head} mapA={(int)mapA} mapB={(int)mapB}");
        ListEntries(a, ta);
        ListEntries(b, tb);
        if (ta is not null && tb is not null)
        {
            buffer.Attach(a, out DmaBufAttachment<RealMemory>? again);
            Errno mapA2 = buffer.MapAttachmentUnlocked(again!, DmaDirection.Bidirectional, out SgTable? ta2);
            lines.Add($"{head} mapA2={(int)mapA2}");
            ListEntries(a, ta2);
            Poke(a, ta, 0x61);
            See("A-wrote", b, tb, 0x61);
            buffer.BeginCpuAccess(DmaDirection.Bidirectional);
            See("begin_cpu", a, ta, 0x61);
            See("begin_cpu", b, tb, 0x61);
            Original(ta).Fill(0x72);
            See("cpu-wrote", a, ta, 0x72);
            See("cpu-wrote", b, tb, 0x72);
            buffer.EndCpuAccess(DmaDirection.Bidirectional);
            See("end_cpu", a, ta, 0x72);
            See("end_cpu", b, tb, 0x72);
            Poke(b, tb, 0x83);
            See("B-wrote", a, ta, 0x83);
            buffer.UnmapAttachmentUnlocked(again!, ta2!, DmaDirection.Bidirectional);
            lines.Add($"{head} unmappedA2");
            buffer.Detach(again!);
            buffer.UnmapAttachmentUnlocked(forB!, tb, DmaDirection.Bidirectional);
            See("B-unmapped", a, ta, 0x83);
        }
        else if (ta is not null)
        {
            buffer.UnmapAttachmentUnlocked(forA!, ta, DmaDirection.Bidirectional);
        }

        lines.Add($"{head} end");
        return lines;

        void ListEntries(Device device, SgTable? table)
        {
            for (int i = 0; table is not null && i < table.Nents; i++)
            {
                ref readonly ScatterlistEntry e = ref table.Segments[i];
                ulong reach = box.Reach(device, e.DmaAddress);
                lines.Add(
                    $"{head} dev={device} i={i} phys={e.Address.Value:x} len={e.Length} dma={e.DmaAddress.Value:x} dma_len={e.DmaLength} reach={reach:x} "
                    + $"bounced={(reach != e.Address.Value ? 1 : 0)} swiotlb_flag={((e.Flags & SgDmaFlags.Swiotlb) != 0 ? 1 : 0)}");
            }
        }

        Span<byte> Original(SgTable table) => box.Memory.Bytes(table.Entries[0].Address, 4096);

        Span<byte> Behind(Device device, SgTable table) => box.Memory.Bytes(new(box.Reach(device, table.Segments[0].DmaAddress)), 4096);

        void Poke(Device device, SgTable table, byte seed)
        {
            Behind(device, table).Fill(seed);
            lines.Add($"{head} dev={device} step=device-wrote seed={seed:x} cpu_sees={Same(Original(table), seed)}");
        }

        void See(string step, Device device, SgTable table, byte seed) => lines.Add(
            $"{head} dev={device} step={step} seed={seed:x} device_sees={Same(Behind(device, table), seed)} cpu_sees={Same(Original(table), seed)}");

        static int Same(Span<byte> bytes, byte seed) => bytes.ContainsAnyExcept(seed) ? 0 : 1;
    }

    private static DmaBuf<RealMemory> Export(Box box, Case one, ulong size)
    {
        var entries = new List<ScatterlistEntry>();
        foreach (string line in one.Lines.Where(l => l.Contains(" i=", StringComparison.Ordinal)))
        {
            if (line.Contains(" i=0 ", StringComparison.Ordinal) && entries.Count > 0)
                break;
            entries.Add(new ScatterlistEntry(new(Hex(line, "phys")), (uint)Field(line, "len")));
        }

        if (entries.Count == 0) // neither map succeeded: any block of the heap's largest size that lies high does the same
            entries.Add(new ScatterlistEntry(new(Box.Above4GiB), (uint)Math.Min(size, 1 << 20)));
        DmaBufExporter<RealMemory> exporter = one.Exporter switch
        {
            "udmabuf" => new UdmabufExporter<RealMemory>(box.Layer, [.. entries.Select(e => e.Address)]),
            "cma" => new HeapExporter<RealMemory>(box.Layer, DmaHeapKind.Cma, new SgTable([.. entries])),
            "probe-uncached" => new HeapExporter<RealMemory>(box.Layer, DmaHeapKind.SystemUncached, new SgTable([.. entries])),
            _ => new HeapExporter<RealMemory>(box.Layer, DmaHeapKind.System, new SgTable([.. entries])),
        };
        return new DmaBuf<RealMemory>(exporter, size);
    }

    /// <summary>Where a slot lies depends on what was mapped before; that is not this test's business.</summary>
    private static string WithoutAddresses(string line) =>
        line.Contains(" bounced=1", StringComparison.Ordinal)
            ? string.Join(' ', line.Split(' ').Where(w => !w.StartsWith("dma=", StringComparison.Ordinal) && !w.StartsWith("reach=", StringComparison.Ordinal)))
            : line;

    private static ulong Field(string line, string name) => ulong.Parse(Text(line, name), CultureInfo.InvariantCulture);

    private static ulong Hex(string line, string name) => ulong.Parse(Text(line, name), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string Text(string line, string name) =>
        line.Split(' ').First(w => w.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];

    private static List<Case> Read([CallerFilePath] string here = "")
    {
        var cases = new List<Case>();
        foreach (string line in File.ReadLines(Path.Combine(Path.GetDirectoryName(here)!, "recorded-shares.txt")))
        {
            if (line.StartsWith("# case ", StringComparison.Ordinal))
            {
                string[] words = line.Split(' ');
                string swiotlb = words[4]["swiotlb=".Length..];
                cases.Add(new Case($"{words[2]} {words[5]} {cases.Count}", words[3], swiotlb == "-" ? "" : swiotlb, words[5]["exporter=".Length..], []));
            }
            else if (!line.StartsWith('#'))
            {
                cases[^1].Lines.Add(line);
            }
        }

        return cases;
    }
}
