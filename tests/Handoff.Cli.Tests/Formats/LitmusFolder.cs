namespace Handoff.Cli.Tests.Formats;

/// <summary>A directory with tests of every outcome.</summary>
internal sealed class LitmusFolder : IDisposable
{
    private const string Early = "litmus \"early read\"\ndevice d;\nbuffer b = page(4K);\n\ndma = dma_map_single(d, b, DMA_FROM_DEVICE);\nd.write(dma, 1);\nb.read();\ndma_unmap_single(d, dma, DMA_FROM_DEVICE);\n";

    public LitmusFolder()
    {
        File.WriteAllText(In("good.litmus"), Early + "expect stale;\n");
        File.WriteAllText(In("differs.litmus"), Early + "expect ok;\n");
        File.WriteAllText(In("missing-verdict.litmus"), "litmus \"t\"\ndevice d;\nbuffer b = page(4K);\nb.write(1);\nexpect stale on linux-6.12;\n");
        File.WriteAllText(In("broken.litmus"), "litmus \"t\"\ndevice d { dma_maks 32 }\n");
    }

    /// <summary>The directory.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("handoff-formats-").FullName;

    /// <summary>A file in it.</summary>
    public string In(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
