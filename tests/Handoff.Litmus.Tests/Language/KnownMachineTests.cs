using Handoff.Kernels;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;
using Handoff.Litmus.Tests.Checking;

namespace Handoff.Litmus.Tests.Language;

/// <summary>Machines that have names.</summary>
public sealed class KnownMachineTests
{
    private const string Body = "device camera;\nbuffer frame = pages(64K);\ndma = dma_map_single(camera, frame, DMA_FROM_DEVICE);\nif (dma_mapping_error(camera, dma)) return;\ncamera.write(dma, 1);\nframe.read();\ndma_unmap_single(camera, dma, DMA_FROM_DEVICE);\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => [.. KnownMachines.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void TheTestIsTheMachinesWhereItSaysNothing(string name)
    {
        KnownMachine machine = KnownMachines.Find(name)!;
        LitmusTest open = Parse(Body), on = Parse($"machine {{ on {name} }}\n{Body}");
        CheckResult asked = LitmusChecker.Check(open, KernelProfiles.Default, new CheckOptions { On = machine }, Cancellation);
        CheckResult written = LitmusChecker.Check(on, KernelProfiles.Default, cancellation: Cancellation);
        Assert.Equal(asked.Variants.Select(v => v.Machine), written.Variants.Select(v => v.Machine));
        Assert.NotEmpty(written.Variants);
        Assert.All(written.Variants, v => Assert.Equal((machine.Coherent, machine.ForcesBounce, machine.Line), (v.Machine.Coherent, v.Machine.ForceBounce, v.Machine.Line)));
        Assert.True(written.Variants.Count < Variants.Of(open).Count());
        Assert.Equal(asked.Verdicts.Select(v => (v.Verdict, v.Frequency)), written.Verdicts.Select(v => (v.Verdict, v.Frequency)));
        Assert.Equal(on, LitmusParser.Parse(LitmusPrinter.Print(on)).Test! with { Span = on.Span }, (a, b) => LitmusPrinter.Print(a!) == LitmusPrinter.Print(b!));
    }

    [Fact]
    public void MachinesDecideAsTheirNamesSay()
    {
        Verdict[] On(string name) => [.. LitmusChecker.Check(Parse(Body), KernelProfiles.Default, new CheckOptions { On = KnownMachines.Find(name) }, Cancellation).Verdicts.Select(v => v.Verdict)];
        Assert.Contains(Verdict.Fails, On("arm64-noforce")); // out of reach, and no pool
        Assert.DoesNotContain(Verdict.Fails, On("arm64-nc-6g"));
        Assert.Contains(Verdict.Stale, On("arm64-nc-2g"));
        Assert.Contains(Verdict.Stale, On("x86-force")); // the copy back comes with the unmap
        CheckResult small = LitmusChecker.Check(Parse(Body.Replace("64K", "512K", StringComparison.Ordinal)), KernelProfiles.Default, new CheckOptions { On = KnownMachines.Find("x86-force-512") }, Cancellation);
        Assert.Equal((Verdict.Fails, Frequency.Always), (small.Verdicts.First(v => v.Verdict == Verdict.Fails).Verdict, small.Verdicts.First(v => v.Verdict == Verdict.Fails).Frequency));
    }

    [Fact]
    public void WhatTheTestSaysIsTheTests()
    {
        LitmusTest test = Parse($"machine {{ on x86-default; ram 2G }}\n{Body}");
        Assert.All(LitmusChecker.Check(test, KernelProfiles.Default, cancellation: Cancellation).Variants, v => Assert.False(v.Machine.NeedsBounce));
        Assert.Null(test.Machine!.Architecture); // the tree stays as it is written
    }

    [Theory]
    [InlineData("machine { arch arm64 }", "x86-default")]
    [InlineData("machine { line 128 }", "arm64-nc-6g")]
    [InlineData("machine { swiotlb force }", "arm64-nc-6g")]
    [InlineData("machine { swiotlb 64M }", "x86-force")]
    [InlineData("machine { encryption guest }", "x86-default")]
    [InlineData("device other { coherent }", "arm64-nc-6g")]
    [InlineData("device other { noncoherent }", "x86-default")]
    [InlineData("device other { force_bounce }", "arm64-nc-6g")]
    [InlineData("buffer high = page(4K) above 4G;", "arm64-nc-2g")]
    [InlineData("machine { on arm64-nc-6g }", "arm64-nc-2g")]
    public void ATestOfAnotherKindDoesNotApply(string said, string machine)
    {
        LitmusTest test = Parse($"{said}\n{Body}");
        CheckResult result = LitmusChecker.Check(test, KernelProfiles.Default, new CheckOptions { On = KnownMachines.Find(machine) }, Cancellation);
        Assert.Empty(result.Variants);
    }

    [Theory]
    [InlineData("arm64-nc6g", "did you mean 'arm64-nc-6g'?")]
    [InlineData("x86-iommu", "has an IOMMU")]
    [InlineData("cray", "machines: arm64-coh-6g")]
    public void UnknownNamesAreExplained(string name, string text)
    {
        ParseResult parsed = LitmusParser.Parse($"litmus \"t\"\nmachine {{ on {name} }}\n{Body}");
        Assert.Null(parsed.Test);
        Diagnostic diagnostic = Assert.Single(parsed.Diagnostics);
        Assert.Contains(text, diagnostic.Message + diagnostic.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void PlacesThatTheMachineDoesNotHaveAreFound()
    {
        ParseResult parsed = LitmusParser.Parse($"litmus \"t\"\nmachine {{ on arm64-nc-2g }}\nbuffer high = page(4K) above 4G;\n{Body}");
        Assert.Equal(DiagnosticIds.Contradiction, Assert.Single(parsed.Diagnostics).Id);
    }

    /// <summary>The recorded machines' names are those of the recordings, and what they say agrees with the recordings' own files.</summary>
    [Fact]
    public void RecordedMachinesAreAsRecorded()
    {
        int compared = 0;
        foreach (KnownMachine machine in KnownMachines.All)
        {
            string file = Path.Combine(ShippedTests.Root, "tests/data", machine.Name, "qemu-cmdline.txt");
            if (!File.Exists(file))
                continue;
            string line = File.ReadAllText(file).Replace("\\", "", StringComparison.Ordinal);
            Assert.Contains($" -m {machine.Ram >> 30}G ", line, StringComparison.Ordinal);
            Assert.Contains($" -smp {machine.Cpus} ", line, StringComparison.Ordinal);
            Assert.Equal(machine.Architecture == Architecture.Arm64, line.StartsWith("qemu-system-aarch64", StringComparison.Ordinal));
            Assert.Equal(machine.Swiotlb.Length > 0, line.Contains($"swiotlb={machine.Swiotlb}", StringComparison.Ordinal) && line.Contains("swiotlb=", StringComparison.Ordinal));
            compared++;
        }

        Assert.True(compared >= 3, $"{compared} machines");
    }

    private static LitmusTest Parse(string text) => CheckerTests.Parse("machine", text);
}
