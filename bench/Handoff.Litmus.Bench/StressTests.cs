using System.Text;

namespace Handoff.Litmus.Bench;

/// <summary>The stress family: threads that write and read shared lines without any order between them. Every behaviour is ok.</summary>
internal static class StressTests
{
    public static string Text(int threads, int lines, int steps)
    {
        var text = new StringBuilder();
        text.Append("litmus \"stress, ").Append(threads).Append(" threads, ").Append(lines).Append(" lines, ").Append(steps).AppendLine(" steps\"");
        text.AppendLine("// Made by: dotnet run -c Release --project bench/Handoff.Litmus.Bench -- write");
        text.AppendLine("machine { arch arm64; ram 8G; line 64; swiotlb 64M }");
        text.AppendLine("device dev { dma_mask 64; noncoherent }").AppendLine();
        for (int l = 0; l < lines; l++)
            text.Append("buffer b").Append(l).AppendLine(" = page(64) below 4G;");
        for (int t = 0; t < threads; t++)
        {
            text.AppendLine().Append("thread t").Append(t).AppendLine(" {");
            for (int s = 0; s < steps; s++)
            {
                bool write = (s + t) % 2 == 0;
                text.Append("    b").Append((s + t) % lines).AppendLine(write ? $".write({(t * steps) + s + 1});" : ".read();");
            }

            text.AppendLine("}");
        }

        text.AppendLine().AppendLine("expect ok;");
        return text.ToString();
    }
}
