using System.Text.Json;

namespace Handoff.Cli.Tests;

/// <summary><c>machines</c>, and <c>--on</c> with a name.</summary>
public sealed class MachinesVerbTests
{
    private const string Test = "litmus \"t\"\ndevice d;\nbuffer b = page(4K);\nx = dma_map_single(d, b, DMA_TO_DEVICE);\nif (dma_mapping_error(d, x)) return;\nd.read(x);\ndma_unmap_single(d, x, DMA_TO_DEVICE);\n";

    [Fact]
    public void Machines_are_listed_and_shown()
    {
        var list = Run.Of("machines");
        Assert.Contains("\n  arm64-nc-6g    arm64, 6 GiB, devices do not snoop", list.Out, StringComparison.Ordinal);
        var one = Run.Of("machines", "arm64-rdp");
        Assert.Contains("restricted_pool 16M", one.Out, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(Run.Of("machines", "x86-force-512", "--json").Out);
        Assert.Equal("handoff-machines/1", json.RootElement.GetProperty("schema").GetString());
        var machine = json.RootElement.GetProperty("machines")[0];
        Assert.Equal(("x86_64", "512,force", true), (machine.GetProperty("architecture").GetString(), machine.GetProperty("swiotlb").GetString(), machine.GetProperty("forced").GetBoolean()));
        var wrong = Run.Of("machines", "arm64-nc6g");
        Assert.Equal(ExitCode.Usage, wrong.Code);
        Assert.Contains("did you mean 'arm64-nc-6g'?", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_machine_leaves_fewer_open()
    {
        using var json = JsonDocument.Parse(Run.Of(new Run.Settings(Input: Test), "check", "-", "--on", "arm64-noforce", "--json").Out);
        Assert.Equal("arm64-noforce", json.RootElement.GetProperty("on").GetString());
        var machines = json.RootElement.GetProperty("tests")[0].GetProperty("results")[0].GetProperty("machines");
        Assert.All(machines.EnumerateArray(), m => Assert.False(m.GetProperty("coherent").GetBoolean() || m.GetProperty("forced").GetBoolean()));
        Assert.Contains("fails", Run.Of(new Run.Settings(Input: Test), "check", "-", "--on", "arm64-noforce").Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.AsExpected, Run.Of(new Run.Settings(Input: Test), "check", "-", "--on", "arm64-noforce,direct").Code);
        Assert.Equal(ExitCode.AsExpected, Run.Of(new Run.Settings(Input: Test), "check", "-", "--on", "x86-default").Code);
    }

    [Fact]
    public void Wrong_names_are_explained()
    {
        foreach (var (on, message) in ((string, string)[])[("arm64-nc-7g", "did you mean 'arm64-nc-"), ("x86-iommu", "has an IOMMU"), ("x86-default,arm64-rdp", "are different machines"), ("xyz", "handoff machines lists")])
        {
            var run = Run.Of(new Run.Settings(Input: Test), "check", "-", "--on", on);
            Assert.Equal(ExitCode.Usage, run.Code);
            Assert.Contains(message, run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_witness_remembers_its_machine()
    {
        string file = Path.GetTempFileName();
        try
        {
            string early = Test.Replace("d.read(x);\n", "d.write(x, 1);\nb.read();\n", StringComparison.Ordinal).Replace("TO_DEVICE", "FROM_DEVICE", StringComparison.Ordinal);
            Run.Of(new Run.Settings(Input: early), "explain", "-", "--on", "x86-force", "--save-witness", file);
            Assert.Contains("\"on\": \"x86-force\"", File.ReadAllText(file), StringComparison.Ordinal);
            var replayed = Run.Of(new Run.Settings(Input: early), "explain", "-", "--witness", file);
            Assert.Equal((ExitCode.AsExpected, ""), (replayed.Code, replayed.Error));
            File.WriteAllText(file, File.ReadAllText(file).Replace("x86-force", "x86-farce", StringComparison.Ordinal));
            Assert.Contains("HW0005", Run.Of(new Run.Settings(Input: early), "explain", "-", "--witness", file).Error, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
