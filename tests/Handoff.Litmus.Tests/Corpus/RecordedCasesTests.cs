using System.Text;
using Handoff.Kernels;
using Handoff.Litmus.Language;
using Handoff.Litmus.Tests.Checking;

namespace Handoff.Litmus.Tests.Corpus;

/// <summary>What the checker says about a machine agrees with what a real 6.12.117 did on it.</summary>
/// <remarks>
/// Each observation of a probe (does this reader see the newest bytes?) becomes a litmus test with the same calls on the same machine and one
/// read. The emulator that made the recordings has no caches. Where devices snoop, caches make no difference, and the verdict has to be the
/// observation, always. Where they do not, the recording is one of many behaviours, and has to be among those that the checker finds.
/// </remarks>
public sealed class RecordedCasesTests
{
    /// <summary>The probe's misuse of the API, and the shipped test that says the same, with the verdict that the observation amounts to.</summary>
    private static readonly (string What, string Seen, string Shipped, Verdict Verdict)[] s_misuse =
    [
        ("read-before-sync", "cpu_sees=0", "api/wrong-read-before-unmap", Verdict.Stale),
        ("write-after-map", "device_sees_new=0", "api/wrong-write-after-map", Verdict.Stale),
        ("unmap-skip-sync", "cpu_sees=0", "api/wrong-skip-at-unmap", Verdict.Lost),
        ("double-map", "sees_first=1 sees_second=0", "sharing/mapped-twice", Verdict.Lost),
        ("sync-cpu-wrong-dir", "cpu_sees=0", "api/wrong-sync-direction", Verdict.Stale), // the probe mapped BIDIRECTIONAL; the sync does as little
        ("unmap-short", "cpu_sees_1024=1 cpu_sees_4096=0", "api/wrong-unmap-size", Verdict.Lost),
    ];

    private static readonly Lazy<List<ProbeLine>> s_lines = new(() => [.. ProbeLine.ReadGroups(
        Path.Combine(ShippedTests.Root, "tests/Handoff.Litmus.Tests/Corpus/recorded-cases.txt"), "recording").SelectMany(g => g)]);

    private readonly List<string> _wrong = [];
    private int _compared;

    private static IEnumerable<ProbeLine> Lines(string kind) => s_lines.Value.Where(l => l.Kind == kind);

    [Fact]
    public void MisuseDoesOnTheRecordedMachineWhatShippedTestsSay()
    {
        foreach ((string what, string seen, string shipped, Verdict verdict) in s_misuse)
        {
            ProbeLine line = Lines("misuse").Single(l => l["what"] == what);
            Assert.Contains("bounced=1 " + seen, string.Join(' ', line.Text.Split(' ').Where(w => !w.StartsWith("dma", StringComparison.Ordinal))), StringComparison.Ordinal);
            CorpusTest test = CorpusTest.All.Single(t => t.ToString() == shipped);
            CheckResult result = LitmusChecker.Check(test.Test, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken);
            VariantResult machine = result.Variants.Single(v => v.Machine is { Coherent: false, NeedsBounce: true, ForceBounce: false, Line: 64 });
            Assert.True(machine.FrequencyOf(verdict) != Frequency.Never, $"{shipped}: {verdict} was seen ({line})");
        }

        Assert.Equal(Lines("misuse").Count(), s_misuse.Length);
    }

    [Fact]
    public void SingleMappings()
    {
        foreach (ProbeLine line in Lines("single"))
        {
            bool skip = line["attrs"] == "20";
            string attributes = skip ? ", DMA_ATTR_SKIP_CPU_SYNC" : "", dir = Direction(line);
            string call = line["fn"];
            string map = $"{Machine(line)}device d {{ dma_mask {line["mask"]}; {Coherence(line)} }}\n"
                + $"buffer b = pages({line["size"]}) {Place(line["phys"])};\nb.write(11);\n"
                + $"dma = dma_map_{call}{(skip ? "_attrs" : "")}(d, b, {(call == "page" ? "0, " : "")}{line["size"]}, {dir}{attributes});\nif (dma_mapping_error(d, dma)) return;\n";
            if (line["err"] != "0")
            {
                Assert.Equal("-12", line["err"]);
                CheckResult failed = Run(map + "d.read(dma);\n");
                VerdictResult fails = Assert.Single(failed.Verdicts, v => v.Verdict == Verdict.Fails);
                Assert.Equal((Frequency.Always, Errno.NoMemory), (fails.Frequency, Assert.Single(fails.Errors)));
                _compared++;
                continue;
            }

            string unmap = $"dma_unmap_{call}{(skip ? "_attrs" : "")}(d, dma, {line["size"]}, {dir}{attributes});\n";
            Compare(line, "in_copy", map + "d.read(dma);\n");
            Compare(line, "cpu_sync", map + $"d.write(dma, 22);\ndma_sync_single_for_cpu(d, dma, {dir});\nb.read();\n", onlyByCopy: true);
            Compare(line, "dev_sync", map + $"b.write(33);\ndma_sync_single_for_device(d, dma, {dir});\nd.read(dma);\n");
            Compare(line, "unmap_copy", map + $"d.write(dma, 44);\n{unmap}b.read();\n", onlyByCopy: true);
        }

        AssertAgreement(75);
    }

    [Fact]
    public void PartialSyncs()
    {
        foreach (ProbeLine line in Lines("partial"))
        {
            ulong off = line.Number("off"), end = off + line.Number("len");
            string dir = Direction(line), range = $"[{off}..{end}]", beside = off >= 64 ? $"[{off - 64}..{off}]" : $"[{end}..{end + 64}]";
            string map = $"{Machine(line)}device d {{ dma_mask 32; {Coherence(line)} }}\nbuffer b = pages(8K) {Place(line["phys"])};\nb.write(0);\n"
                + $"dma = dma_map_single(d, b, 8K, {dir});\nif (dma_mapping_error(d, dma)) return;\n";
            Assert.Contains(line.Number("cpu_bytes"), new[] { 0UL, end - off });
            Assert.Contains(line.Number("dev_bytes"), new[] { 0UL, end - off });

            // All bytes of the range or none, and never a byte beside it.
            string forCpu = map + $"d.write(dma, 1);\ndma_sync_single_range_for_cpu(d, dma, {off}, {end - off}, {dir});\n";
            Compare(line, "cpu_bytes", forCpu + $"b{range}.read();\n", onlyByCopy: true);
            Judge(line, "beside, for the CPU", fresh: false, forCpu + $"b{beside}.read();\n", onlyByCopy: true);
            string forDevice = map + $"b.write(1);\ndma_sync_single_range_for_device(d, dma, {off}, {end - off}, {dir});\n";
            Compare(line, "dev_bytes", forDevice + $"d.read(dma{range});\n");
            Judge(line, "beside, for the device", fresh: false, forDevice + $"d.read(dma{beside});\n");
        }

        AssertAgreement(280);
    }

    /// <summary>The edu device of the emulator really moves bytes.</summary>
    [Fact]
    public void RealTransfers()
    {
        foreach (ProbeLine line in Lines("edu"))
        {
            string size = line["size"], kind = line["alloc"] == "kmalloc" ? "kmalloc" : "page";
            string[] source = line["src"].Split(':'), target = line["dst"].Split(':');
            string body = $"{Machine(line)}device edu {{ dma_mask {line["mask"]}; {Coherence(line)} }}\n"
                + $"buffer src = {kind}({size}) {Place(source[0])};\nbuffer dst = {kind}({size}) {Place(target[0])};\nsrc.write(1);\n"
                + $"s = dma_map_single(edu, src, {size}, DMA_TO_DEVICE);\nif (dma_mapping_error(edu, s)) return;\n"
                + $"d = dma_map_single(edu, dst, {size}, DMA_FROM_DEVICE);\nif (dma_mapping_error(edu, d)) return;\nedu.read(s);\nedu.write(d, 2);\n";
            Compare(line, "seen_before_unmap", body + "dst.read();\n", onlyByCopy: target[2] == "1");
            Compare(line, "seen_after_unmap", body + $"dma_unmap_single(edu, d, {size}, DMA_FROM_DEVICE);\ndst.read();\n");
        }

        AssertAgreement(70);
    }

    /// <summary>One dma-buf with three attachments: two of a device that reaches everything, one between them of a 32-bit device.</summary>
    [Fact]
    public void SharedBuffers()
    {
        int failedMaps = 0, losses = 0;
        foreach (List<ProbeLine> lines in ProbeLine.ReadGroups(Path.Combine(ShippedTests.Root, "tests/Handoff.Core.Tests/Sharing/recorded-shares.txt"), "case"))
        {
            ProbeLine first = lines[0];
            string exporter = first["exporter"];
            string kind = exporter switch
            {
                "udmabuf" => "udmabuf(",
                "cma" => "heap(cma, ",
                "probe-uncached" => "heap(system_uncached, ",
                _ => "heap(system, ",
            };
            ProbeLine? entry = lines.Find(l => l.Find("i") == "0");
            string place = entry is null ? "above 4G" : Place(entry["phys"]);
            string coherence = first["coh"] == "0" ? "noncoherent" : "coherent";
            var program = new StringBuilder($"{Machine(first)}device a {{ dma_mask 64; {coherence} }}\ndevice b {{ dma_mask 32; {coherence} }}\n"
                + $"buffer frame = {kind}{first["size"]}) {place};\n");
            Attach(program, "a", "");
            Attach(program, "b", "b");
            if (lines[1]["mapB"] != "0")
            {
                Assert.Equal("-5", lines[1]["mapB"]);
                CheckResult failed = Run(program.ToString());
                VerdictResult fails = Assert.Single(failed.Verdicts, v => v.Verdict == Verdict.Fails);
                Assert.Equal((Frequency.Always, Errno.IO), (fails.Frequency, Assert.Single(fails.Errors)));
                failedMaps++;
                continue;
            }

            Attach(program, "a", "a2");
            string last = "";
            foreach (ProbeLine line in lines.Where(l => l.Find("step") is not null))
            {
                string device = line["dev"] == first["A"] ? "a" : "b", handle = device == "a" ? "sgt" : "sgtb";
                string step = line["step"] == "device-wrote" ? "device-wrote " + device : line["step"];
                if (step != last)
                    program.Append(Do(step, handle, line["seed"]));
                last = step;
                bool ownDeviceMatters = exporter == "udmabuf" && first.Architecture == "arm64"; // it does not snoop, whatever the others do
                Compare(line, "cpu_sees", program + "frame[0..4096].read_cached();\n", exact: !ownDeviceMatters);
                if (line.Find("device_sees") is not null)
                    Compare(line, "device_sees", program + $"{device}.read({handle}[0..4096]);\n", exact: !ownDeviceMatters);
                if (step == "begin_cpu" && device == "a" && line["cpu_sees"] == "0" && line["device_sees"] == "0")
                {
                    // What device a wrote is nowhere any more, although nobody broke a rule.
                    Assert.True(HowOften(Run(program.ToString()), Verdict.Lost) != Frequency.Never, $"not lost: {line}");
                    losses++;
                }
            }
        }

        Assert.True(failedMaps >= 2, $"{failedMaps} failed maps");
        Assert.True(losses >= 6, $"{losses} losses");
        AssertAgreement(300);
    }

    private static void Attach(StringBuilder program, string device, string suffix) => program.Append(
        $"att{suffix} = dma_buf_attach(frame, {device});\nif (IS_ERR(att{suffix})) return;\n"
        + $"sgt{suffix} = dma_buf_map_attachment_unlocked(att{suffix}, DMA_BIDIRECTIONAL);\nif (IS_ERR(sgt{suffix})) return;\n");

    private static string Do(string step, string handle, string seed) => step switch
    {
        "device-wrote a" or "device-wrote b" => $"{step[^1]}.write({handle}[0..4096], {seed});\n",
        "begin_cpu" => "dma_buf_begin_cpu_access(frame, DMA_BIDIRECTIONAL);\n",
        "cpu-wrote" => $"frame[0..4096].write_cached({seed});\n",
        "end_cpu" => "dma_buf_end_cpu_access(frame, DMA_BIDIRECTIONAL);\n",
        "B-unmapped" => "dma_buf_unmap_attachment_unlocked(atta2, sgta2, DMA_BIDIRECTIONAL);\ndma_buf_detach(frame, atta2);\n"
            + "dma_buf_unmap_attachment_unlocked(attb, sgtb, DMA_BIDIRECTIONAL);\n",
        "A-wrote" or "B-wrote" => "",
        _ => throw new NotSupportedException(step),
    };

    /// <summary>Compares a flag, or a number of bytes, that says whether the last read of a test saw the newest bytes.</summary>
    private void Compare(ProbeLine line, string key, string program, bool onlyByCopy = false, bool exact = true) =>
        Judge(line, key, line[key] != "0", program, onlyByCopy, exact);

    private void Judge(ProbeLine line, string what, bool fresh, string program, bool onlyByCopy = false, bool exact = true)
    {
        _compared++;
        CheckResult result = Run(program);
        Frequency stale = HowOften(result, Verdict.Stale), leak = HowOften(result, Verdict.Leak);
        if (HowOften(result, Verdict.Fails) != Frequency.Never)
            _wrong.Add($"{what}: a call fails: {line}");

        // What only a copy brings is not there without one, whatever caches do.
        bool certain = exact && (program.Contains(" coherent }", StringComparison.Ordinal) || (onlyByCopy && !fresh));
        bool agrees = (fresh, certain) switch
        {
            (true, true) => stale == Frequency.Never && leak == Frequency.Never,
            (true, false) => stale != Frequency.Always && leak != Frequency.Always,
            (false, true) => stale == Frequency.Always,
            (false, false) => stale != Frequency.Never || leak != Frequency.Never,
        };
        if (!agrees)
            _wrong.Add($"{what}: the checker says stale {stale}, leak {leak}: {line}");
    }

    private void AssertAgreement(int atLeast)
    {
        Assert.True(_wrong.Count == 0, $"{_wrong.Count} of {_compared}:\n{string.Join('\n', _wrong.Take(30))}");
        Assert.True(_compared >= atLeast, $"{_compared} observations");
    }

    private static CheckResult Run(string program)
    {
        ParseResult parsed = LitmusParser.Parse("litmus \"as recorded\"\n" + program, "recorded");
        Assert.True(parsed.Success, DiagnosticWriter.Format(parsed));
        CheckResult result = LitmusChecker.Check(parsed.Test!, KernelProfiles.Default, cancellation: TestContext.Current.CancellationToken);
        Assert.True(result.Conclusive);
        Assert.Single(result.Variants);
        return result;
    }

    private static Frequency HowOften(CheckResult result, Verdict verdict) => result.Variants[0].FrequencyOf(verdict);

    private static string Machine(ProbeLine line) => $"machine {{ arch {line.Architecture}; ram 6G; line 64; swiotlb {line.Swiotlb} }}\n";

    private static string Coherence(ProbeLine line) => line["coh"] == "0" ? "noncoherent" : "coherent";

    private static string Place(string physical) =>
        ulong.Parse(physical, System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture) >> 32 != 0 ? "above 4G" : "below 4G";

    private static string Direction(ProbeLine line) => line["dir"] switch
    {
        "TO" => "DMA_TO_DEVICE",
        "FROM" => "DMA_FROM_DEVICE",
        _ => "DMA_BIDIRECTIONAL",
    };
}
